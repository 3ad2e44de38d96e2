// Which signal asks a command to stop, which one ends the process at once, and which one is the echo of another.
import { Stopped, type StopSignal, watchStopSignals } from '../../src/cli/stop-signal.js';

const { jest } = import.meta;

/** A process whose end the test only notes, at a time that the test decides. */
function watched() {
  const exits: unknown[] = [];
  const listeners: Partial<Record<string, () => void>> = {};
  let now = 1_000_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  jest.spyOn(process, 'on').mockImplementation((name, listener) => {
    listeners[String(name)] = () => listener(name);
    return process;
  });
  jest.spyOn(process, 'exit').mockImplementation((code) => {
    exits.push(code);
    return undefined as never;
  });
  let beforeEnd = 0;
  const watch = watchStopSignals(() => {
    beforeEnd += 1;
  });
  return {
    watch,
    exits,
    beforeEnd: () => beforeEnd,
    after(ms: number, signal: StopSignal) {
      now += ms;
      listeners[signal]?.();
    },
  };
}

afterEach(() => jest.restoreAllMocks());

test('the first signal asks to stop, and says which it was', async () => {
  const { watch, exits, after } = watched();
  expect(watch.signal.aborted).toBe(false);
  after(0, 'SIGTERM');
  expect(await watch.stopped).toMatchObject({ signal: 'SIGTERM', exitCode: 143 });
  expect(watch.signal.reason).toBe(await watch.stopped);
  expect(exits).toEqual([]);
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const)('a second one, %s, ends the process at once', (second, code) => {
  const { exits, beforeEnd, after } = watched();
  after(0, 'SIGINT');
  after(251, second);
  expect(exits).toEqual([code]);
  expect(beforeEnd()).toBe(1);
});

test('what follows within a quarter of a second is the same one: npm passes on what the terminal has sent, too', () => {
  const { exits, beforeEnd, after } = watched();
  after(0, 'SIGINT');
  after(249, 'SIGINT');
  expect(exits).toEqual([]);
  expect(beforeEnd()).toBe(0);
  after(2, 'SIGINT');
  expect(exits).toEqual([130]);
});

test('a signal to a process that stops for another reason is its first, and the reason stays', async () => {
  const { watch, exits, after } = watched();
  watch.stop(Stopped.because('the launcher is gone', 3));
  after(1_000, 'SIGTERM');
  expect(exits).toEqual([]);
  expect(await watch.stopped).toMatchObject({ message: 'the launcher is gone', exitCode: 3 });
  after(1_000, 'SIGTERM');
  expect(exits).toEqual([143]);
});

test('another reason after a signal changes nothing', async () => {
  const { watch, after } = watched();
  after(0, 'SIGINT');
  watch.stop(Stopped.because('the launcher is gone', 3));
  expect(await watch.stopped).toMatchObject({ signal: 'SIGINT', exitCode: 130 });
  expect(watch.signal.reason).toMatchObject({ signal: 'SIGINT' });
});
