// The times of a schedule that have come while nobody looked: the newest one by one, older ones as a number.

/** So many are told one by one. */
const mostTicks = 1_000;
/** So many are counted one by one: an hour of seconds is, a year of them would hold up the process. */
const mostCounted = 20_000;
const firstWindowMs = 60_000;

export interface OlderTicks {
  readonly count: number;
  /** Whether there may be more than `count`. */
  readonly atLeast: boolean;
  readonly first: number;
  readonly last: number;
}

export interface Ticks {
  /** The newest, at most {@link mostTicks}, oldest first. */
  readonly newest: readonly number[];
  /** Those before them. */
  readonly older: OlderTicks | undefined;
  /** The first after `until`. */
  readonly next: number | undefined;
}

/** The times that are told one by one, and the one that stands for those before them. */
export function toldTicks({ newest, older }: Ticks): readonly number[] {
  return older === undefined ? newest : [older.first, ...newest];
}

/**
 * @param first the first of them.
 * @param until none after it.
 * @param nextAfter the time that follows another.
 */
export function ticksBetween(
  first: number,
  until: number,
  nextAfter: (tick: number) => number | undefined,
): Ticks {
  const ticks: number[] = [];
  let tick: number | undefined = first;
  while (tick !== undefined && tick <= until && ticks.length < mostCounted) {
    ticks.push(tick);
    tick = nextAfter(tick);
  }
  if (tick === undefined || tick > until) return split(ticks, false, tick);
  // It is the first that was not counted; none of those that were is told twice.
  const late = newestBefore(tick, until, nextAfter);
  return split([...ticks, ...late], true, nextAfter(until));
}

/** Enough of the newest ones, found from the end in windows that grow. */
function newestBefore(
  first: number,
  until: number,
  nextAfter: (tick: number) => number | undefined,
): number[] {
  for (let windowMs = firstWindowMs; ; windowMs *= 4) {
    const from = Math.max(first - 1, until - windowMs);
    const found: number[] = [];
    let tick = nextAfter(from);
    for (; tick !== undefined && tick <= until; tick = nextAfter(tick)) found.push(tick);
    if (found.length >= mostTicks || from < first) return found.slice(-mostTicks);
  }
}

function split(ticks: readonly number[], atLeast: boolean, next: number | undefined): Ticks {
  const newest = ticks.slice(-mostTicks);
  const before = ticks.slice(0, -mostTicks);
  const [first] = before;
  const last = before.at(-1);
  if (first === undefined || last === undefined) return { newest, older: undefined, next };
  return { newest, older: { count: before.length, atLeast, first, last }, next };
}
