// The task `calculate_compliance`.
import { z } from 'zod';
import { transientDatabase } from '../../core/errors/transient/transient.js';
import type { RunContext } from '../../core/run/run-context.js';
import { Retry, Task, TimeLimit, Tracked } from '../../core/tasks/decorators.js';
import { inject } from '../../core/tasks/inject.js';
import { Maria, type ScopedDataSource } from '../../datasources/index.js';
import { computePage, sortPage } from './compliance/compute-days.js';
import { type Horizon, readHorizon } from './compliance/horizon.js';
import { type Forced, markDueDays } from './compliance/mark-due-days.js';
import { dayNumber } from './rules/calendar.js';
import type { DayStatus } from './rules/day-result.js';
import type { ShiftPattern } from './rules/schedule.js';
import { Site } from './site.js';
import { countDirtyDays, type DirtyDay, dirtyDaysAfter } from './store/dirty-days.js';
import { employeeIds, loadPeople, loadShifts } from './store/people.js';
import { areCurrent } from './store/settings.js';
import { UnreadableRows } from './store/unreadable-rows.js';
import { bringUpToDate } from './sync/bring-up-to-date.js';

const date = z.string().refine((text) => dayNumber(text) !== undefined, {
  error: 'expected a date YYYY-MM-DD',
});

/** Days to compute anew beside those that need it; what is left out does not narrow them. */
export const Recalculation = z
  .strictObject({
    from: date.optional().describe('First day'),
    to: date.optional().describe('Last day'),
    employee: z.int().optional().describe('Id of the employee in HRIS'),
  })
  .optional();

export type Recalculation = z.output<typeof Recalculation>;

/** What a calculation did. */
export interface ComplianceSummary {
  /** Days computed; what follows but `stillOpen`, added up. */
  readonly days: number;
  readonly present: number;
  readonly late: number;
  readonly earlyLeave: number;
  readonly incomplete: number;
  readonly absent: number;
  readonly off: number;
  /** Days that events have touched and whose windows have not closed. */
  readonly stillOpen: number;
}

type Totals = { -readonly [Key in keyof ComplianceSummary]: ComplianceSummary[Key] };

const keyOfStatus = {
  present: 'present',
  late: 'late',
  early_leave: 'earlyLeave',
  incomplete: 'incomplete',
  absent: 'absent',
  off: 'off',
} as const satisfies Record<DayStatus, keyof ComplianceSummary>;

const peoplePerChunk = 100;
const daysPerPage = 2_000;

/**
 * Computes the days that need it: those that events have touched, those that have become due, and those of
 * employees whose schedule or employment changed. Each page is complete in itself.
 */
@Task({
  code: 'calculate_compliance',
  payload: Recalculation,
  description: 'Computes the attendance of employees day by day',
})
@Retry({
  maxRetries: 5,
  on: [transientDatabase],
  delay: '30s',
  backoff: 'exponential',
  maxDelay: '15m',
})
@TimeLimit({ soft: '30m', hard: '35m' })
@Tracked()
export class CalculateCompliance {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(Site) private readonly site: Site,
  ) {}

  async run(recalculation: Recalculation, context: RunContext): Promise<ComplianceSummary> {
    const totals: Totals = {
      days: 0,
      present: 0,
      late: 0,
      earlyLeave: 0,
      incomplete: 0,
      absent: 0,
      off: 0,
      stillOpen: 0,
    };
    // Days must not be computed from events that other settings have decided about.
    if (!(await this.maria.use((manager) => areCurrent(manager, this.site)))) {
      await bringUpToDate(this.maria, this.site, context);
    }
    const horizon = await this.maria.use((manager) => readHorizon(manager, this.site));
    if (!horizon) {
      context.logger.info('no attendance event was stored yet; there is nothing to calculate');
      return totals;
    }
    const unreadable = new UnreadableRows();
    const shifts = await this.maria.use((manager) => loadShifts(manager, unreadable));
    await this.#markDue(
      shifts,
      unreadable,
      horizon,
      recalculation && forced(recalculation),
      context,
    );
    unreadable.warn(context.logger);
    await this.#compute(shifts, horizon, totals, context);
    return totals;
  }

  async #markDue(
    shifts: ReadonlyMap<number, ShiftPattern>,
    unreadable: UnreadableRows,
    horizon: Horizon,
    forced: Forced | undefined,
    context: RunContext,
  ): Promise<void> {
    const ids = await this.maria.use(employeeIds);
    for (let at = 0; at < ids.length; at += peoplePerChunk) {
      context.signal.throwIfAborted();
      await this.maria.transaction(async (manager) => {
        const chunk = ids.slice(at, at + peoplePerChunk);
        const people = await loadPeople(manager, this.site, shifts, unreadable, chunk);
        await markDueDays(manager, this.maria.dialect, people, horizon, forced);
      });
    }
  }

  async #compute(
    shifts: ReadonlyMap<number, ShiftPattern>,
    horizon: Horizon,
    totals: Totals,
    context: RunContext,
  ): Promise<void> {
    const dirty = await this.maria.use(countDirtyDays);
    let seen = 0;
    let page = await this.#page(undefined);
    for (let last = page.at(-1); last; last = page.at(-1)) {
      context.signal.throwIfAborted();
      const days = page;
      const ids = [...new Set(days.map(({ employeeId }) => employeeId))];
      const people = await this.maria.use((manager) =>
        // Whom it leaves out has been warned of when the due days were marked.
        loadPeople(manager, this.site, shifts, new UnreadableRows(), ids),
      );
      const { closed, open } = sortPage(days, people, horizon);
      totals.stillOpen += open;
      if (closed.length > 0) {
        const computed = await this.maria.transaction((manager) =>
          computePage(manager, this.maria.dialect, closed, horizon),
        );
        totals.days += computed.length;
        for (const { result } of computed) totals[keyOfStatus[result.status]] += 1;
      }
      seen += days.length;
      context.progress(Math.min(1, seen / Math.max(dirty, seen)), `${totals.days} days`);
      page = days.length < daysPerPage ? [] : await this.#page(last);
    }
    context.progress(1, `${totals.days} days`);
  }

  #page(after: DirtyDay | undefined): Promise<DirtyDay[]> {
    return this.maria.use((manager) => dirtyDaysAfter(manager, after, daysPerPage));
  }
}

function forced({ from, to, employee }: NonNullable<Recalculation>): Forced {
  return {
    first: (from === undefined ? undefined : dayNumber(from)) ?? Number.NEGATIVE_INFINITY,
    last: (to === undefined ? undefined : dayNumber(to)) ?? Number.POSITIVE_INFINITY,
    employee,
  };
}
