// When a process is worn out: by runs, by memory, once, and not before its startup is over.
import { Wear, type WearLimits } from '../../../src/cli/supervisor/wear.js';
import { until } from '../../support/until.js';

function watched(limits: Partial<WearLimits>) {
  const why: string[] = [];
  const memory = { bytes: 50 * 1024 ** 2 };
  const wear = new Wear(
    { maxRuns: undefined, maxMemoryBytes: undefined, ...limits },
    (reason) => why.push(reason),
    () => memory.bytes,
  );
  return { wear, why, memory };
}

test('after so many runs, once', () => {
  const { wear, why } = watched({ maxRuns: 3 });
  wear.start();
  wear.ended();
  wear.ended();
  expect(why).toEqual([]);
  wear.ended();
  wear.ended();
  expect(why).toEqual(['3 runs']);
});

test('runs before it begins to judge count when it does', () => {
  const { wear, why } = watched({ maxRuns: 2 });
  for (let runs = 0; runs < 5; runs++) wear.ended();
  expect(why).toEqual([]);
  wear.start();
  expect(why).toEqual(['5 runs']);
});

test('when it has grown larger than allowed', async () => {
  const { wear, why, memory } = watched({ maxMemoryBytes: 100 * 1024 ** 2 });
  wear.start();
  memory.bytes = 150 * 1024 ** 2;
  await until(() => why.length > 0);
  expect(why).toEqual(['150 MiB of memory']);
});

test('a stop ends the watch, also before the start', () => {
  const { wear, why } = watched({ maxRuns: 1 });
  wear.stop();
  wear.start();
  wear.ended();
  wear.stop();
  expect(why).toEqual([]);
});
