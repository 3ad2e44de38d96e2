// Rows of queue.db that somebody has damaged: each is shown as far as it can be read, and none ends a list of others.
import { executionDocument } from '../../../../src/cli/terminal/execution.js';
import { timeText } from '../../../../src/cli/terminal/states.js';
import type { Row } from '../../../../src/plugins/queue/embedded/connection.js';
import { executionView } from '../../../../src/plugins/queue/embedded/execution-row.js';

const text = (value: string): Buffer => Buffer.from(value);
/** A whole number that the column takes, and no time: `Date` ends at 8.64e15. */
const beyond = 9e15;

const rowWith = (report: string | null, envelope: string, at = 0): Row => {
  const names = ['e-1', 'default', 'pay', 'moonrise'].map(text);
  const rest = [report === null ? null : text(report), text(envelope)];
  return [...names, at, 1, 0, at, at, text('w'), ...rest];
};

test.each([
  ['an envelope that is no JSON', rowWith(null, '{'), { payload: '{', triggeredBy: '' }],
  ['an envelope that is a list', rowWith(null, '[1]'), { payload: [1], triggeredBy: '' }],
  ['a report that is no JSON', rowWith('{', '{"payload":1}'), { payload: 1, worker: 'w' }],
  ['times beyond all dates', rowWith(null, '{"payload":1}', beyond), { availableAt: beyond }],
  [
    'a report whose times are words',
    rowWith('{"attempt":1,"startedAt":"yesterday","finishedAt":"today"}', '{}'),
    { id: 'e-1' },
  ],
])('%s', (_, row, shown) => {
  const view = executionView(row);
  expect(view).toMatchObject({ id: 'e-1', state: 'moonrise', ...shown });
  expect(() => JSON.stringify(executionDocument(view))).not.toThrow();
});

test('a time that is none is null in JSON and a dash in tables', () => {
  const view = executionView(rowWith(null, '{}', beyond));
  expect(executionDocument(view)).toMatchObject({ availableAt: null, startedAt: null });
  expect(timeText(beyond)).toBe('-');
});
