// Rule 7: taps in the order of device time, repeated ones collapsed.

export interface Taps {
  /** Instants of the kept taps, ascending. */
  readonly kept: readonly number[];
  /** How many were collapsed; they stay in the data. */
  readonly collapsed: number;
}

/**
 * Collapses each tap that comes less than `withinSeconds` after the last kept one.
 * @param instants unix seconds, ascending.
 */
export function collapse(instants: readonly number[], withinSeconds: number): Taps {
  const kept: number[] = [];
  for (const instant of instants) {
    const last = kept.at(-1);
    if (last === undefined || instant - last >= withinSeconds) kept.push(instant);
  }
  return { kept, collapsed: instants.length - kept.length };
}
