// Which errors that nobody awaits are news: what an outcome or a warning has said already is no error in the log beside it.
import { surviveStrayErrors } from '../../src/core/log/stray-errors.js';
import { RunWork } from '../../src/core/run/run-work.js';
import { SkepError } from '../../src/index.js';
import { rememberingLogger } from '../support/harness.js';

/** Levels of the lines that rejections with these errors bring about. */
function levelsOf(...errors: readonly unknown[]): string[] {
  const { logger, lines } = rememberingLogger();
  const listeners: Partial<Record<string, (error: unknown, promise: Promise<unknown>) => void>> =
    {};
  const on = import.meta.jest.spyOn(process, 'on').mockImplementation((name, listener) => {
    listeners[String(name)] = listener;
    return process;
  });
  try {
    surviveStrayErrors(logger);
  } finally {
    on.mockRestore();
  }
  for (const error of errors) listeners.unhandledRejection?.(error, Promise.resolve());
  return lines.map(({ level }) => level);
}

test('an error that nobody has said is one', () => {
  expect(levelsOf(new RangeError('boom'), 'a text', undefined)).toEqual([
    'error',
    'error',
    'error',
  ]);
});

test('work that was cut off is said by the outcome of its attempt', () => {
  expect(levelsOf(new SkepError('SKEP_WORK_NOT_AWAITED', 'cut off'))).toEqual(['debug']);
});

test('a dispatch that was refused after the end of its run is said by a warning', async () => {
  const work = new RunWork({ executionId: 'e-1', task: 'careless', attempt: 1 });
  work.end();
  const refused: unknown[] = [];
  const late = work.trackDispatch(
    async () => 'dispatched',
    (error) => refused.push(error),
  );
  const error = await late.catch((reason: unknown) => reason);
  expect(refused).toEqual([error]);
  expect(levelsOf(error)).toEqual(['debug']);
});
