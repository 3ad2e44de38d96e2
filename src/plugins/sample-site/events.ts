// The events that are planted in the terminals: their types, and how one comes to be in the server's log.
import type { Calendar } from './calendar.js';
import type { Day, Instant } from './days.js';
import type { Person } from './person.js';
import { arrivalIn, type Outage, outageAt, type Terminals } from './terminals.js';

/** What is to become of an event. */
export type Fate =
  /** Not attendance. */
  | 'passed-over'
  /** Quarantined: device time ahead of the server's, or far behind it. */
  | 'clock-ahead'
  | 'clock-behind'
  /** Attendance of nobody, at any step. */
  | 'stranger'
  /** Matched while HRIS says that the person is employed, but in no day's window. */
  | 'stray'
  /** A tap of a day; a repeat is one that collapses into the tap before it. */
  | 'tap'
  | 'repeat';

export interface Planted {
  /** Device time, right or wrong. */
  readonly at: Instant;
  /** When the server stored it. */
  readonly server: Instant;
  /** Local date of that. */
  readonly arrives: Day;
  readonly device: number;
  readonly user: string;
  readonly type: number;
  readonly tnaKey: number | null;
  readonly fate: Fate;
  /** Whose tap, stray or repeat it is. */
  readonly person: Person | null;
}

type Draft = Omit<Planted, 'server' | 'arrives' | 'tnaKey' | 'person'> & {
  readonly tnaKey?: number | null;
  readonly person?: Person | null;
};

/** A touch of a terminal: what happens within two minutes of it shares its outage and its delay. */
export interface Touch {
  readonly device: number;
  readonly outage: Outage | null;
  /** Seconds from the terminal to the server; below 0 for a clock that runs ahead. */
  readonly delay: number;
}

export class Terminal {
  readonly #calendar: Calendar;
  readonly #terminals: Terminals;
  readonly #opening: Instant;

  constructor(calendar: Calendar, terminals: Terminals) {
    this.#calendar = calendar;
    this.#terminals = terminals;
    this.#opening = calendar.zone.startOf(calendar.since);
  }

  touch(device: number, at: Instant, delay: number): Touch {
    return { device, outage: outageAt(this.#terminals, device, at), delay };
  }

  /** An event whose device time is right, or nearly. */
  event(touch: Touch, draft: Omit<Draft, 'device'>): Planted {
    return this.#stored(
      { ...draft, device: touch.device },
      arrivalIn(touch.outage, draft.at, touch.delay),
    );
  }

  /**
   * An event that the server stores at `server` while the terminal's clock shows something else. Null when
   * the wall time of the server happens twice, so that it may be read as another instant.
   */
  wrongClock(draft: Draft, server: Instant): Planted | null {
    const { zone } = this.#calendar;
    const read = zone.instantOf(zone.wallOf(server), 'last');
    return read === server ? this.#stored(draft, server) : null;
  }

  #stored(draft: Draft, server: Instant): Planted {
    const { at, device, user, type, tnaKey = null, fate, person = null } = draft;
    const stored = Math.max(server, this.#opening);
    const arrives = this.#calendar.zone.dayOf(stored);
    return { at, server: stored, arrives, device, user, type, tnaKey, fate, person };
  }
}

/** Rows of t_evttyp. */
export const eventTypes: readonly (readonly [type: number, name: string])[] = [
  [0x1000, 'VERIFY_SUCCESS'],
  [0x1002, 'VERIFY_SUCCESS_ID_FINGER'],
  [0x1006, 'VERIFY_SUCCESS_CARD'],
  [0x1100, 'VERIFY_FAIL'],
  [0x1202, 'VERIFY_DURESS_ID_FINGER'],
  [0x1301, 'IDENTIFY_SUCCESS_FINGER'],
  [0x1303, 'IDENTIFY_SUCCESS_FACE'],
  [0x1400, 'IDENTIFY_FAIL'],
  [0x1501, 'IDENTIFY_DURESS_FINGER'],
  [0x1900, 'ACCESS_DENIED'],
  [0x3000, 'DEVICE_SYSTEM_RESET'],
  [0x5000, 'DOOR_UNLOCKED'],
  [0x5200, 'DOOR_OPENED'],
];

export const successTypes = [0x1303, 0x1301, 0x1006, 0x1002, 0x1000] as const;
export const duressTypes = [0x1202, 0x1501] as const;
export const failureTypes = [0x1100, 0x1400, 0x1900] as const;
export const doorTypes = [0x5000, 0x5200] as const;
export const restartType = 0x3000;
