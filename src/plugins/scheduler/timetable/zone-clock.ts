// The clock of a time zone: between instants and wall times, both in milliseconds, a wall time as if it were UTC.
// Temporal knows where the offset changes; between two changes it is a subtraction.
import { Temporal } from 'temporal-polyfill';

/** A stretch of time with one offset: `from` inclusive, `to` exclusive. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** No zone is further from UTC, and none changes its clock twice within two days. */
const dayMs = 86_400_000;

const covers = ({ from, to }: Stretch, instant: number): boolean => instant >= from && instant < to;

/** True for names of the IANA database, and for `UTC`. */
export function isZone(zone: string): boolean {
  // A number of hours is no zone: it does not know of summer time.
  if (/^[+-]?\d/.test(zone)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The names that are known, for suggestions. */
export const knownZones = (): string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')];

export class ZoneClock {
  readonly #known: Stretch[] = [];
  #recent: Stretch;

  /** @throws RangeError when there is no such zone. */
  constructor(readonly zone: string) {
    this.#recent = this.#find(0);
  }

  /** What the clock shows at an instant. */
  wallOf(instant: number): number {
    return instant + this.#stretchAt(instant).offset;
  }

  /** When the clock shows a wall time: the first time when it does twice; when it never does, the end of the gap. */
  instantOf(wall: number): number {
    const before = this.#stretchAt(wall - dayMs).offset;
    const after = this.#stretchAt(wall + dayMs).offset;
    const early = wall - Math.max(before, after);
    if (this.wallOf(early) === wall) return early;
    const late = wall - Math.min(before, after);
    if (this.wallOf(late) === wall) return late;
    return this.#stretchAt(late).from;
  }

  #stretchAt(instant: number): Stretch {
    if (!covers(this.#recent, instant)) {
      this.#recent = this.#known.find((known) => covers(known, instant)) ?? this.#find(instant);
    }
    return this.#recent;
  }

  #find(instant: number): Stretch {
    const zoned = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(this.zone);
    // "Previous" is strictly earlier, and a change at this very instant is where the stretch begins.
    const previous = zoned.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
    const next = zoned.getTimeZoneTransition('next');
    const stretch = {
      from: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
      to: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
      offset: zoned.offsetNanoseconds / 1e6,
    };
    this.#known.push(stretch);
    return stretch;
  }
}

const clocks = new Map<string, ZoneClock>();

/** The clock of a zone, made once. @throws RangeError when there is no such zone. */
export function clockOf(zone: string): ZoneClock {
  const clock = clocks.get(zone) ?? new ZoneClock(zone);
  clocks.set(zone, clock);
  return clock;
}
