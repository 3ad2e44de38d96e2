// Claims due schedules: in one transaction it decides about their times, records the executions and moves the schedules
// on. Either all of it has happened or nothing, so that there is no lock to clean up and no tick to lose.
import type { Dispatcher, DispatchRequest } from '../../core/dispatch/dispatcher.js';
import { laneOf } from '../../core/dispatch/lanes.js';
import { hasCode, SkepError } from '../../core/errors/skep-error.js';
import type { Logger } from '../../core/log/logger.js';
import type { Seams } from '../../core/seams.js';
import type { TaskRegistry } from '../../core/tasks/registry.js';
import type { StoreDatabase, StoreDialect } from '../tracking/index.js';
import { BrokenSchedules, refusedMs } from './broken-schedules.js';
import { ClaimFailed, problemOf } from './claim-failed.js';
import { lockBatch } from './lock-batch.js';
import type { DueSchedule } from './store/due.js';
import { type OnRecord, readRecord } from './store/on-record.js';
import { insertSkipped, type Move, moveOn, type SkippedExecution } from './store/settle-ticks.js';
import { type Decision, decideTicks, type SkippedTick } from './timetable/decide-ticks.js';
import { nextFire } from './timetable/next-fire.js';
import { type Ticks, ticksBetween, toldTicks } from './timetable/ticks-between.js';

/** Few enough for a short transaction, many enough that ten thousand are a matter of some twenty. */
export const batchSize = 500;
/**
 * Times that are decided about in one transaction, about: after an hour without a database each of the schedules may have a
 * thousand. What is left is for the next round, or for another runtime.
 */
const ticksOfATransaction = 2_000;

export interface ClaimerParts {
  readonly database: StoreDatabase;
  readonly registry: TaskRegistry;
  readonly dispatcher: Pick<Dispatcher, 'within'>;
  readonly seams: Pick<Seams, 'newId' | 'random'>;
  readonly logger: Logger;
}

interface Come {
  readonly schedule: DueSchedule;
  readonly ticks: Ticks;
}

interface Claimed {
  /** How many schedules. */
  readonly claimed: number;
  /** See {@link lockBatch}: then none was claimed. */
  readonly isAllBroken: boolean;
}

interface Decided {
  readonly schedule: DueSchedule;
  readonly decision: Decision;
}

interface WantedTick {
  readonly schedule: DueSchedule;
  readonly tick: number;
}

type Manager = Parameters<Parameters<StoreDatabase['transaction']>[0]>[0];

export class Claimer {
  readonly #parts: ClaimerParts;
  /** Schedules that cannot be fired here. */
  readonly broken: BrokenSchedules;
  /** Tasks that are known here; the schedules of others are for runtimes that know them. */
  readonly tasks: readonly string[];

  constructor(parts: ClaimerParts) {
    this.#parts = parts;
    this.broken = new BrokenSchedules(parts.logger);
    this.tasks = parts.registry.all.map(({ code }) => code);
  }

  /**
   * Claims up to {@link batchSize} schedules, fewer where they have many times.
   * @returns how many there were.
   * @throws ClaimFailed when none of those that are due could be fired.
   */
  async claim(now: number): Promise<number> {
    if (this.tasks.length === 0) return 0;
    for (;;) {
      const { claimed, isAllBroken } = await this.#claimBatch(now);
      // Behind the broken ones, which are left out from now on, may be sound ones.
      if (!isAllBroken) return claimed;
    }
  }

  async #claimBatch(now: number): Promise<Claimed> {
    const batch: DueSchedule[] = [];
    try {
      return await this.#claim(now, undefined, batch);
    } catch (error) {
      const [first] = batch;
      if (first === undefined || hasCode(error, 'SKEP_CONNECT_FAILED')) throw error;
      if (batch.length > 1) return this.#oneByOne(now, batch, error);
      // Of one alone it cannot be known whose fault it is, unless it has failed beside others that did not.
      if (!this.broken.has(first.name)) throw new ClaimFailed(batch, error);
      this.broken.add(first, problemOf(error), now, refusedMs);
      return { claimed: 0, isAllBroken: false };
    }
  }

  /** Each by itself, after they failed together: those that fail alone, while others do not, are broken. */
  async #oneByOne(now: number, batch: readonly DueSchedule[], cause: unknown): Promise<Claimed> {
    let claimed = 0;
    const failed: { readonly schedule: DueSchedule; readonly error: unknown }[] = [];
    for (const schedule of batch) {
      try {
        claimed += (await this.#claim(now, schedule.id, [])).claimed;
      } catch (error) {
        failed.push({ schedule, error });
      }
    }
    // When all fail, it is the database.
    if (claimed === 0) throw new ClaimFailed(batch, cause);
    for (const { schedule, error } of failed) {
      this.broken.add(schedule, problemOf(error), now, refusedMs);
    }
    return { claimed, isAllBroken: false };
  }

  /** @param batch is given what is claimed, so that a failure knows of it. */
  async #claim(now: number, only: number | undefined, batch: DueSchedule[]): Promise<Claimed> {
    const { database, logger } = this.#parts;
    const { broken, tasks } = this;
    const limit = batchSize;
    let isAllBroken = false;
    const decided = await database.transaction(async (manager, dialect) => {
      const due = await lockBatch(manager, dialect, { now, tasks, broken, limit, only });
      isAllBroken = due.isAllBroken;
      if (due.sound.length === 0) return [];
      const come = comeOf(due.sound, now);
      batch.push(...come.map(({ schedule }) => schedule));
      const record = await readRecord(
        manager,
        dialect,
        come.map(({ schedule: { name }, ticks }) => ({ name, ticks: toldTicks(ticks) })),
      );
      const all = come.map((each) => ({ ...each, decision: decide(each, now, record) }));
      await this.#write(manager, dialect, all, now);
      return all;
    });
    this.broken.mended(decided.map(({ schedule }) => schedule.id));
    for (const { schedule, decision } of decided) tell(logger, schedule, decision);
    return { claimed: decided.length, isAllBroken };
  }

  async #write(
    manager: Manager,
    dialect: StoreDialect,
    decided: readonly Decided[],
    now: number,
  ): Promise<void> {
    const wanted = decided.flatMap(({ schedule, decision }) =>
      decision.run.map((tick): WantedTick => ({ schedule, tick })),
    );
    const { executions, refused } = await this.#dispatch(manager, wanted);
    const skipped = decided.flatMap(({ schedule, decision }) =>
      decision.skipped.map((tick) => this.#skipped(schedule, tick)),
    );
    const all = [...skipped, ...refused];
    await insertSkipped(manager, dialect, all, now);
    const told = latestOf([
      ...executions,
      ...all.map(({ schedule, tick, id }) => ({ schedule, tick, id })),
    ]);
    const moves = decided.map(
      ({ schedule, decision }): Move => ({
        schedule,
        next: decision.next,
        last: told.get(schedule.id),
      }),
    );
    await moveOn(manager, dialect, moves);
  }

  /** All together; where one of them is refused, one by one, so that it takes no other with it. */
  async #dispatch(
    manager: Manager,
    wanted: readonly WantedTick[],
  ): Promise<{
    readonly executions: readonly (WantedTick & { readonly id: string })[];
    readonly refused: readonly SkippedExecution[];
  }> {
    if (wanted.length === 0) return { executions: [], refused: [] };
    const within = this.#parts.dispatcher.within(manager);
    const dispatchAll = async (ticks: readonly WantedTick[]) => {
      const dispatched = await within.dispatchAll(ticks.map((tick) => this.#request(tick)));
      return ticks.map((tick, index) => ({ ...tick, id: dispatched[index]?.id ?? '' }));
    };
    try {
      return { executions: await dispatchAll(wanted), refused: [] };
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    const executions: (WantedTick & { readonly id: string })[] = [];
    const refused: SkippedExecution[] = [];
    for (const tick of wanted) {
      try {
        executions.push(...(await dispatchAll([tick])));
      } catch (error) {
        if (!isRefusal(error)) throw error;
        const { code, message } = error;
        refused.push(this.#skipped(tick.schedule, { tick: tick.tick, code, message }));
        this.#parts.logger.error('a schedule could not dispatch its task', {
          schedule: tick.schedule.name,
          task: tick.schedule.task,
          error,
        });
      }
    }
    return { executions, refused };
  }

  #request({ schedule, tick }: WantedTick): DispatchRequest {
    const { name, task, payload, jitterMs } = schedule;
    const laterMs = Math.floor(this.#parts.seams.random() * jitterMs);
    return {
      task,
      payload,
      options: {
        schedule: name,
        scheduledFor: new Date(tick),
        at: new Date(tick + laterMs),
        triggeredBy: triggerOf(schedule),
      },
    };
  }

  #skipped(schedule: DueSchedule, { tick, code, message }: SkippedTick): SkippedExecution {
    const { queue, priority } = this.#parts.registry.get(schedule.task);
    const lane = laneOf(queue, priority);
    const id = this.#parts.seams.newId();
    const triggeredBy = triggerOf(schedule);
    return { id, schedule, tick, code, message, queue: lane, priority, triggeredBy };
  }
}

/** What executions of a schedule say of who asked for them. */
export const triggerOf = (schedule: {
  readonly name: string;
  readonly triggeredBy: string | undefined;
}): string => schedule.triggeredBy ?? `schedule ${schedule.name}`;

const ticksUntil = (now: number, schedule: DueSchedule): Ticks =>
  ticksBetween(schedule.nextFireAt, now, (tick) => nextFire(schedule, tick));

/** The first of the due ones that are not too much together; at least one. */
function comeOf(due: readonly DueSchedule[], now: number): Come[] {
  const come: Come[] = [];
  let all = 0;
  for (const schedule of due) {
    if (all >= ticksOfATransaction) break;
    const ticks = ticksUntil(now, schedule);
    all += ticks.newest.length + (ticks.older?.count ?? 0);
    come.push({ schedule, ticks });
  }
  return come;
}

function decide({ schedule, ticks }: Come, now: number, record: OnRecord): Decision {
  const { name } = schedule;
  const [unfinished, recorded] = [record.unfinished(name), record.ticks(name)];
  return decideTicks({ policy: schedule, ticks, now, unfinished, recorded });
}

/** What the dispatcher says of a request itself, such as a payload that no longer fits; not that a database is away. */
const isRefusal = (error: unknown): error is SkepError =>
  error instanceof SkepError && refusals.has(error.code);

const refusals: ReadonlySet<string> = new Set([
  'SKEP_TASK_UNKNOWN',
  'SKEP_PAYLOAD_INVALID',
  'SKEP_PAYLOAD_TOO_LARGE',
  'SKEP_DISPATCH_INVALID',
]);

function latestOf(
  told: readonly { readonly schedule: DueSchedule; readonly tick: number; readonly id: string }[],
): Map<number, { readonly tick: number; readonly executionId: string }> {
  const latest = new Map<number, { readonly tick: number; readonly executionId: string }>();
  for (const { schedule, tick, id } of told) {
    const known = latest.get(schedule.id);
    if (known === undefined || known.tick < tick) {
      latest.set(schedule.id, { tick, executionId: id });
    }
  }
  return latest;
}

function tell(logger: Logger, { name, task }: DueSchedule, { run, skipped }: Decision): void {
  if (run.length > 0) logger.debug('schedule fired', { schedule: name, task, times: run.length });
  if (skipped.length === 0) return;
  const codes = [...new Set(skipped.map(({ code }) => code))];
  logger.warn('times of a schedule were skipped', {
    schedule: name,
    task,
    times: skipped.length,
    codes,
  });
}
