// How quickly something goes, told on a machine that others may keep busy.

const mostTries = 20;
/** What is as slow as this is not held up. */
const longestMs = 60_000;

/**
 * Tries again until one try takes no longer than so many milliseconds: a busy machine holds up some tries, a fault all.
 * @param attempt gives how long it took, milliseconds.
 * @throws with what each try took, when none was quick.
 */
export async function quick(mostMs: number, attempt: () => Promise<number>): Promise<void> {
  const took: number[] = [];
  const end = performance.now() + longestMs;
  while (took.length < mostTries && performance.now() < end) {
    const ms = await attempt();
    if (ms <= mostMs) return;
    took.push(Math.round(ms));
  }
  throw new Error(`not within ${mostMs} ms in ${took.length} tries: ${took.join(', ')}`);
}

/** The one in the middle; of an even number the higher of two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
