// Counts events by what is to become of them.
import type { Calendar } from './calendar.js';
import { type Instant, utcMonth } from './days.js';
import { duressTypes, type Planted } from './events.js';
import type { Employment, Person } from './person.js';

export interface ExpectedEvents {
  /** Rows of all log tables: what follows, added up. */
  readonly logged: number;
  /** Not attendance. */
  readonly passedOver: number;
  readonly matched: number;
  readonly unmatched: number;
  /** Quarantined: device time more than 10 minutes ahead of the server's. */
  readonly clockAhead: number;
  /** Quarantined: device time more than 366 days behind it. */
  readonly clockBehind: number;
  /** Of the matched and unmatched ones. */
  readonly duress: number;
}

const duress: ReadonlySet<number> = new Set(duressTypes);

export class EventTally {
  /** Rows of each log table, by its name. */
  readonly tables = new Map<string, number>();
  /** Matched events by `HR_Employee.ID`. */
  readonly matchedBy = new Map<number, number>();
  /** Unmatched events by USRID. */
  readonly unmatchedBy = new Map<string, number>();
  readonly #calendar: Calendar;
  readonly #employments: ReadonlyMap<Person, Employment | null>;
  readonly #counts = {
    logged: 0,
    passedOver: 0,
    matched: 0,
    unmatched: 0,
    clockAhead: 0,
    clockBehind: 0,
    duress: 0,
  };
  #latestWall = Number.NEGATIVE_INFINITY;

  constructor(calendar: Calendar, employments: ReadonlyMap<Person, Employment | null>) {
    this.#calendar = calendar;
    this.#employments = employments;
  }

  get events(): ExpectedEvents {
    return { ...this.#counts };
  }

  /** The latest server time, as it is read back: of two instants with one wall time the later. */
  get horizon(): Instant {
    return this.#calendar.zone.instantOf(this.#latestWall, 'last');
  }

  count(event: Planted): void {
    const counts = this.#counts;
    counts.logged++;
    increase(this.tables, `t_lg${utcMonth(event.at)}`);
    if (event.fate === 'passed-over') {
      counts.passedOver++;
      return;
    }
    this.#latestWall = Math.max(this.#latestWall, this.#calendar.zone.wallOf(event.server));
    if (event.fate === 'clock-ahead') counts.clockAhead++;
    else if (event.fate === 'clock-behind') counts.clockBehind++;
    else this.#countPlausible(event);
  }

  #countPlausible(event: Planted): void {
    if (duress.has(event.type)) this.#counts.duress++;
    const { person } = event;
    if (person !== null && this.#isEmployed(person, event.at)) {
      this.#counts.matched++;
      increase(this.matchedBy, person.id);
    } else {
      this.#counts.unmatched++;
      increase(this.unmatchedBy, event.user);
    }
  }

  /** By what HRIS says, from the first day to the one after the last. */
  #isEmployed(person: Person, at: Instant): boolean {
    const employment = this.#employments.get(person) ?? null;
    const day = this.#calendar.zone.dayOf(at);
    return employment !== null && day >= employment.hired && day <= (employment.left ?? day) + 1;
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
