// Wall time of one IANA zone. The zone's changes within the period are found once through Intl;
// afterwards every conversion is arithmetic, which a million events need.
import { clockText, type Day, dayText, type Instant, secondsADay } from './days.js';

interface Stretch {
  readonly from: Instant;
  /** Seconds that wall time is ahead of UTC from then on. */
  readonly offset: number;
}

export class SiteZone {
  readonly #stretches: readonly [Stretch, ...Stretch[]];

  /** @param from first day that will be asked for. @param to last one. */
  constructor(zone: string, from: Day, to: Day) {
    this.#stretches = findStretches(zone, (from - 2) * secondsADay, (to + 3) * secondsADay);
  }

  /** The instants at which the offset changes. */
  get transitions(): readonly Instant[] {
    return this.#stretches.slice(1).map(({ from }) => from);
  }

  /** Seconds since 1970-01-01 00:00 as a wall clock shows them. */
  wallOf(instant: Instant): number {
    let { offset } = this.#stretches[0];
    for (const stretch of this.#stretches) if (stretch.from <= instant) offset = stretch.offset;
    return instant + offset;
  }

  /** The local date of an instant. */
  dayOf(instant: Instant): Day {
    return Math.floor(this.wallOf(instant) / secondsADay);
  }

  /** `YYYY-MM-DD HH:MM:SS` as a wall clock shows an instant. */
  text(instant: Instant): string {
    const wall = this.wallOf(instant);
    const day = Math.floor(wall / secondsADay);
    return `${dayText(day)} ${clockText(wall - day * secondsADay)}`;
  }

  /**
   * The instant of a wall time. One that happens twice is the first or the last, as asked; one that the
   * clock skips lies as long after the gap's start as it is past the skipped hour's beginning.
   */
  instantOf(wall: number, twice: 'first' | 'last' = 'first'): Instant {
    const before = this.#stretches.filter(({ from, offset }) => from + offset <= wall);
    const current = before.at(-1) ?? this.#stretches[0];
    const previous = before.at(-2) ?? current;
    // Where the clock was set back, the stretch before may still hold this wall time.
    const again = wall - previous.offset < current.from;
    if (again && twice === 'first') return wall - previous.offset;
    return wall - current.offset;
  }

  /** The first instant of a local date. */
  startOf(day: Day): Instant {
    return this.instantOf(day * secondsADay);
  }
}

/** The stretches of one offset that touch a period, in order. */
function findStretches(zone: string, from: Instant, to: Instant): [Stretch, ...Stretch[]] {
  const offsetAt = offsetFinder(zone);
  const stretches: [Stretch, ...Stretch[]] = [{ from, offset: offsetAt(from) }];
  for (let at = from; at < to; at += secondsADay) {
    const offset = offsetAt(at + secondsADay);
    if (offset === offsetAt(at)) continue;
    let [before, after] = [at, at + secondsADay];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle) === offset) after = middle;
      else before = middle;
    }
    stretches.push({ from: after, offset });
  }
  return stretches;
}

function offsetFinder(zone: string): (instant: Instant) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (instant) => {
    const parts = new Map(
      format.formatToParts(instant * 1000).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
    const wall = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return wall / 1000 - instant;
  };
}
