// Closing: each step bounded, whatever fails or hangs named, and nothing left open because of it.
import { type ClosingStep, closeInOrder, closeTogether } from '../../src/core/closing.js';
import { type Composition, closeRuntime } from '../../src/main.js';
import { rememberingLogger } from '../support/harness.js';

const forever = (): Promise<never> => new Promise(() => undefined);
const fails = (): Promise<never> => Promise.reject(new Error('no connection'));
const failsAtOnce = (): never => {
  throw new Error('at once');
};

function steps(...entries: [name: string, close: ClosingStep['close']][]) {
  const closed: string[] = [];
  const all = entries.map(([name, close]) => ({
    name,
    close: async () => {
      closed.push(name);
      await close();
    },
    timeoutMs: 20,
  }));
  return { closed, all, ...rememberingLogger() };
}

test.each([closeInOrder, closeTogether])(
  '%p closes all, whatever one of them does',
  async (close) => {
    const { closed, all, logger, lines } = steps(
      ['a', fails],
      ['b', forever],
      ['c', failsAtOnce],
      ['d', () => undefined],
    );
    await close(all, logger);
    expect(closed).toEqual(['a', 'b', 'c', 'd']);
    expect(lines.map(({ level, message }) => [level, message]).sort()).toEqual([
      ['warn', 'a failed to close'],
      ['warn', 'b did not close within 20 ms and is left behind'],
      ['warn', 'c failed to close'],
    ]);
  },
);

test('a part that bounds its steps itself is waited for, and named when it throws', async () => {
  const { logger, lines } = rememberingLogger();
  let done = false;
  const slow = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done = true;
  };
  await closeInOrder(
    [
      { name: 'slow', close: slow, timeoutMs: 'own' },
      { name: 'broken', close: failsAtOnce, timeoutMs: 'own' },
    ],
    logger,
  );
  expect(done).toBe(true);
  expect(lines.map(({ message }) => message)).toEqual(['broken failed to close']);
});

/** The parts of a runtime by the word with which closing ends them, in the order in which they are closed. */
const parts = [
  ['roles', 'stop', 'the background roles'],
  ['beacon', 'stop', 'the heartbeat'],
  ['loopWatch', 'stop', 'the watch of the event loop'],
  ['isolation', 'close', 'the threads'],
  ['recorder', 'close', 'the recorder'],
  ['host', 'close', 'the plugins'],
  ['store', 'close', 'the store of executions'],
  ['sources', 'close', 'the data sources'],
  ['broker', 'close', 'the queue'],
] as const;

function runtimeWith(broken: string, close: () => unknown) {
  const closed: string[] = [];
  const { logger, lines } = rememberingLogger();
  const made = parts.map(([part, method]) => [
    part,
    {
      [method]: () => {
        closed.push(part);
        return part === broken ? close() : undefined;
      },
    },
  ]);
  // Nothing of a part but its end is asked for.
  const composition = { ...Object.fromEntries(made), logger } as unknown as Composition;
  return { closed, lines, composition };
}

test('the data sources, which bound each of their steps, are given the bound', async () => {
  const { composition } = runtimeWith('none', () => undefined);
  const bounds: unknown[] = [];
  const sources = { close: (timeoutMs: unknown) => bounds.push(timeoutMs) };
  await closeRuntime({ ...composition, sources } as unknown as Composition, { timeoutMs: 20 });
  expect(bounds).toEqual([20]);
});

const everyPart = parts.map(([part]) => part);

test.each(parts)('the runtime closes its other parts when %s fails', async (part, _, name) => {
  const { closed, lines, composition } = runtimeWith(part, fails);
  await closeRuntime(composition, { timeoutMs: 20 });
  expect(closed).toEqual(everyPart);
  expect(lines).toMatchObject([{ level: 'warn', message: `${name} failed to close` }]);
});

test.each(parts.filter(([part]) => ['beacon', 'loopWatch', 'store', 'broker'].includes(part)))(
  'the runtime closes its other parts when %s never ends',
  async (part, _, name) => {
    const { closed, lines, composition } = runtimeWith(part, forever);
    await closeRuntime(composition, { timeoutMs: 20 });
    expect(closed).toEqual(everyPart);
    expect(lines).toMatchObject([
      { message: `${name} did not close within 20 ms and is left behind` },
    ]);
  },
);
