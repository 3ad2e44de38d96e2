// Runs so many random cases, each from a number of its own, and says in one line how to repeat one that failed.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scale } from '../fault-site.js';
import { Random } from './random.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Names a run; always the same one unless it is set, so that a change alone makes these suites fail. */
export const seed = Number(process.env.SKEP_FAULT_SEED ?? 1);

/** Repeats one case of a run. */
const only = process.env.SKEP_FAULT_CASE;

/** More than these say nothing new. */
const mostFailures = 10;

/**
 * Runs `count` cases, or that many times `SKEP_FAULT_SCALE`, and expects that nothing is wrong with any.
 *
 * @param module `import.meta.url` of the suite
 * @param options.isAlone whether a case can be repeated without those before it; `true` when absent
 * @param run what is wrong with the case; nothing when it is in order
 */
export async function eachCase(
  module: string,
  count: number,
  run: (random: Random, index: number) => Promise<readonly string[]> | readonly string[],
  { isAlone = true } = {},
): Promise<void> {
  const suite = relative(root, fileURLToPath(module));
  const indexes =
    only === undefined || !isAlone ? [...Array(count * scale).keys()] : [Number(only)];
  const failures: string[] = [];
  for (const index of indexes) {
    let wrong: readonly string[];
    try {
      wrong = await run(new Random(seed ^ Math.imul(index + 1, 0x9e3779b1)), index);
    } catch (error) {
      wrong = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    }
    if (wrong.length === 0) continue;
    const which = isAlone ? `SKEP_FAULT_CASE=${index}` : `SKEP_FAULT_SCALE=${scale}`;
    const again = `SKEP_FAULT_SEED=${seed} ${which} npm test -- ${suite}`;
    failures.push(`case ${index}: ${again}\n    ${wrong.join('\n    ')}`);
    if (failures.length === mostFailures) break;
  }
  expect(failures).toEqual([]);
}
