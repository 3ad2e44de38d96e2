// Rules 8 and 9: what a day's taps come to, measured against its shift.
import type { PlannedShift } from './schedule.js';
import type { Taps } from './taps.js';

export type DayStatus = 'present' | 'late' | 'early_leave' | 'incomplete' | 'absent' | 'off';

/** The result of one day; instants are unix seconds. */
export interface DayResult {
  readonly shiftId: number | null;
  readonly status: DayStatus;
  readonly firstIn: number | null;
  readonly lastOut: number | null;
  readonly workedMinutes: number;
  readonly lateMinutes: number;
  readonly earlyMinutes: number;
  /** Kept taps. */
  readonly taps: number;
  readonly collapsed: number;
}

const wholeMinutes = (from: number, to: number): number => Math.floor((to - from) / 60);

/** Minutes beyond a grace count in full; up to it they do not count. */
const beyond = (grace: number, minutes: number): number => (minutes > grace ? minutes : 0);

function statusOf(work: boolean, taps: number, late: number, early: number): DayStatus {
  if (!work) return 'off';
  if (taps === 0) return 'absent';
  if (taps === 1) return 'incomplete';
  if (late > 0) return 'late';
  return early > 0 ? 'early_leave' : 'present';
}

/** Measures a day's taps; `planned` is undefined on an off day. */
export function dayResult(planned: PlannedShift | undefined, { kept, collapsed }: Taps): DayResult {
  const firstIn = kept[0] ?? null;
  const lastOut = kept.length > 1 ? (kept.at(-1) ?? null) : null;
  let [workedMinutes, lateMinutes, earlyMinutes] = [0, 0, 0];
  if (firstIn !== null && lastOut !== null) {
    workedMinutes = wholeMinutes(firstIn, lastOut);
    if (planned) {
      const { graceLateMinutes, graceEarlyMinutes } = planned.shift;
      lateMinutes = beyond(graceLateMinutes, wholeMinutes(planned.start, firstIn));
      earlyMinutes = beyond(graceEarlyMinutes, wholeMinutes(lastOut, planned.end));
    }
  }
  return {
    shiftId: planned?.shift.id ?? null,
    status: statusOf(planned !== undefined, kept.length, lateMinutes, earlyMinutes),
    firstIn,
    lastOut,
    workedMinutes,
    lateMinutes,
    earlyMinutes,
    taps: kept.length,
    collapsed,
  };
}
