// What the rows of a page come to: attendance or not, plausible or quarantined. Pure.
import { wallSeconds } from '../rules/calendar.js';
import type { QuarantineReason } from '../rules/clock-check.js';
import { isAttendance } from '../rules/event-class.js';
import type { Site } from '../site.js';
import { exact, int32, shortText, unsigned32, wholeNumber } from './event-values.js';
import { judgeTimes } from './judge-event.js';
import type { LogRow } from './log-tables.js';

interface EventFacts {
  readonly id: number;
  readonly userCode: string;
  readonly deviceId: number | null;
  readonly eventCode: number;
  readonly tnaKey: number | null;
  /** See `JudgedTimes`. */
  readonly serverWall: number | null;
}

/** An attendance event whose clock is plausible; instants are unix seconds. */
export interface PlausibleEvent extends EventFacts {
  readonly deviceAt: number;
  readonly serverAt: number;
}

export interface DistrustedEvent extends EventFacts {
  readonly reason: QuarantineReason;
  readonly deviceAt: number | null;
  readonly serverAt: number | null;
}

export interface SortedEvents {
  readonly plausible: readonly PlausibleEvent[];
  readonly distrusted: readonly DistrustedEvent[];
  /** Rows that are not attendance. */
  readonly passedOver: number;
  /** Latest server time of an attendance event. */
  readonly latestServerAt: number | null;
}

export interface SortedPage extends SortedEvents {
  /** The last id that the cursor may move to: what lies beyond an id that is out of all order must still be read. */
  readonly lastId: number;
}

/** No log table has so many events in a month: an id that is further from the one before it is wrong. */
const largestGap = 1_000_000_000;

/**
 * Sorts the rows of a page by rules 1 and 2, and sets aside rows whose ids are out of all order.
 * @param after the id before the first row; 0 where the table is read from its beginning
 */
export function sortEvents(rows: readonly LogRow[], site: Site, after: number): SortedPage {
  const plausible: PlausibleEvent[] = [];
  const distrusted: DistrustedEvent[] = [];
  let passedOver = 0;
  let latestServerAt: number | null = null;
  let lastId = after;
  for (const row of rows) {
    const id = Number(row.id);
    const isWrongId = lastId > 0 && id - lastId > largestGap;
    if (!isWrongId) lastId = id;
    const eventCode = wholeNumber(row.eventCode, int32);
    if (eventCode === null || !isAttendance(eventCode)) {
      passedOver += 1;
      continue;
    }
    const deviceAt = wholeNumber(row.deviceAt, exact);
    const { serverAt, serverWall, reason } = judgeTimes(site, deviceAt, wallOf(row.serverTime));
    const facts = {
      id,
      userCode: shortText(row.userCode),
      deviceId: wholeNumber(row.deviceId, unsigned32),
      eventCode,
      tnaKey: wholeNumber(row.tnaKey, int32),
      serverWall,
    };
    if (isWrongId) {
      distrusted.push({ ...facts, reason: 'wrong_id', deviceAt, serverAt });
      continue;
    }
    if (serverAt !== null && serverAt > (latestServerAt ?? -Infinity)) latestServerAt = serverAt;
    if (reason !== undefined || deviceAt === null || serverAt === null) {
      distrusted.push({ ...facts, reason: reason ?? 'no_time', deviceAt, serverAt });
      continue;
    }
    plausible.push({ ...facts, deviceAt, serverAt });
  }
  return { plausible, distrusted, passedOver, latestServerAt, lastId };
}

const offsetPattern = /:\d{2}(\.\d+)?\s*([+-]\d{2}(:?\d{2})?|Z)\s*$/;

/** A time with an offset, as PostgreSQL keeps it in a `timestamptz`, is not the wall time that the rules go by. */
const wallOf = (serverTime: unknown): number | undefined =>
  typeof serverTime === 'string' && !offsetPattern.test(serverTime)
    ? wallSeconds(serverTime)
    : undefined;
