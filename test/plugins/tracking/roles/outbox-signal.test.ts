// The word from the store to the relay, within a process.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ExecutionStore } from '../../../../src/core/ports/execution-history.js';
import { OutboxSignal, outboxSignalOf } from '../../../../src/plugins/tracking/outbox-signal.js';
import { until } from '../../../support/until.js';

const compiling = new URL('../../../../scripts/lib/sources-register.mjs', import.meta.url);

describe('the signal of the outbox', () => {
  it('tells those who listen, until they do not want to know any more', () => {
    const signal = new OutboxSignal();
    const heard: string[][] = [[], []];
    const unlisten = heard.map((mine) => signal.onDispatched((ids) => mine.push(...ids)));
    signal.dispatched(['a', 'b']);
    unlisten[0]?.();
    signal.dispatched(['c']);
    unlisten[1]?.();
    signal.dispatched(['d']);
    expect(heard).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ]);
  });

  it('comes from the threads of the process, too', async () => {
    const signal = new OutboxSignal();
    const heard: string[] = [];
    const unlisten = signal.onDispatched((ids) => heard.push(...ids));
    const thread = new Worker(new URL('./dispatching-thread.ts', import.meta.url), {
      execArgv: ['--import', compiling.href],
    });
    await once(thread, 'exit');
    await until(() => heard.length > 0);
    unlisten();
    expect(heard).toEqual(['from a thread']);
  });

  it('is found on a store that has one', () => {
    const outbox = new OutboxSignal();
    // What else a store has does not matter here.
    const store = { outbox } as unknown as ExecutionStore;
    expect(outboxSignalOf(store)).toBe(outbox);
    expect(outboxSignalOf({} as unknown as ExecutionStore)).toBeUndefined();
    expect(outboxSignalOf(undefined)).toBeUndefined();
  });
});
