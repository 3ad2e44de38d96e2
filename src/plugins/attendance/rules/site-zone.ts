// The site zone: between instants (unix seconds) and wall times, exact and cheap enough for every event.
// Temporal knows where the offset changes; between two changes an offset is one comparison away.
import { Temporal } from 'temporal-polyfill';
import { secondsPerDay } from './calendar.js';

/** A stretch of time with one offset: `from` inclusive, `to` exclusive, all in seconds. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** Which instant a wall time means that happens twice. */
export type Occurrence = 'first' | 'second';

const covers = ({ from, to }: Stretch, instant: number): boolean => instant >= from && instant < to;

const seconds = (zoned: Temporal.ZonedDateTime): number => zoned.epochMilliseconds / 1_000;

/** One IANA time zone, the site's. */
export class SiteZone {
  readonly #known: Stretch[] = [];
  #recent: Stretch;

  /** @throws RangeError when there is no such time zone. */
  constructor(readonly id: string) {
    this.#recent = this.#findStretch(0);
  }

  /** Seconds that wall time is ahead of UTC at an instant. */
  offsetAt(instant: number): number {
    return this.#stretchAt(instant).offset;
  }

  /** Day number of the local date at an instant. */
  dayOf(instant: number): number {
    return Math.floor((instant + this.offsetAt(instant)) / secondsPerDay);
  }

  /**
   * The instant of a wall time. One that does not exist moves forward by the length of the gap; of one that
   * happens twice, `occurrence` says which.
   */
  instantOf(wall: number, occurrence: Occurrence): number {
    const before = this.offsetAt(wall - secondsPerDay);
    const after = this.offsetAt(wall + secondsPerDay);
    const early = wall - Math.max(before, after);
    const late = wall - Math.min(before, after);
    const earlyHolds = early + this.offsetAt(early) === wall;
    const lateHolds = late + this.offsetAt(late) === wall;
    if (earlyHolds && lateHolds) return occurrence === 'first' ? early : late;
    if (earlyHolds) return early;
    return lateHolds ? late : wall - before;
  }

  /** The first instant of a local date; where midnight does not exist, the end of the gap. */
  startOfDay(day: number): number {
    const midnight = this.instantOf(day * secondsPerDay, 'first');
    const { from, offset } = this.#stretchAt(midnight);
    // A midnight in a gap has moved forward past the change; the day begins at the change itself.
    return midnight + offset === day * secondsPerDay ? midnight : from;
  }

  #stretchAt(instant: number): Stretch {
    if (!covers(this.#recent, instant)) {
      this.#recent =
        this.#known.find((stretch) => covers(stretch, instant)) ?? this.#findStretch(instant);
    }
    return this.#recent;
  }

  #findStretch(instant: number): Stretch {
    const zoned = Temporal.Instant.fromEpochMilliseconds(instant * 1_000).toZonedDateTimeISO(
      this.id,
    );
    // "Previous" is strictly earlier, and a change at this very instant is where the stretch begins.
    const previous = zoned.add({ seconds: 1 }).getTimeZoneTransition('previous');
    const next = zoned.getTimeZoneTransition('next');
    const stretch = {
      from: previous ? seconds(previous) : Number.NEGATIVE_INFINITY,
      to: next ? seconds(next) : Number.POSITIVE_INFINITY,
      offset: zoned.offsetNanoseconds / 1e9,
    };
    this.#known.push(stretch);
    return stretch;
  }
}
