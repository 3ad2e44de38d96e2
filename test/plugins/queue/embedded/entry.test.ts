import { entryOf } from '../../../../src/plugins/queue/embedded/entry.js';
import { entry } from '../../../support/executions.js';

describe('an entry of the embedded queue', () => {
  it('is not available before its time, to the whole millisecond', () => {
    expect(entryOf(entry({}, 1_000.2)).availableAt).toBe(1_001);
    expect(entryOf(entry({}, 1_000)).availableAt).toBe(1_000);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])('is not available at %s', (time) => {
    expect(() => entryOf(entry({}, time))).toThrow(
      expect.objectContaining({ code: 'SKEP_DISPATCH_INVALID' }),
    );
  });

  it('has a payload of JSON', () => {
    // Past the types, as JavaScript code may.
    expect(() => entryOf(entry({ payload: 1n as never }))).toThrow(
      expect.objectContaining({ code: 'SKEP_PAYLOAD_INVALID' }),
    );
  });
});
