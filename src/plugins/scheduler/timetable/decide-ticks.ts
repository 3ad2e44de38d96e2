// What becomes of the times of a schedule that have come: which are run, and why the others are not. Pure.
import { formatMs } from '../../../core/duration.js';
import type { ErrorCode } from '../../../core/errors/catalogue.js';
import type { OlderTicks, Ticks } from './ticks-between.js';

export interface TickPolicy {
  readonly misfireGraceMs: number;
  readonly coalesce: boolean;
  readonly maxInstances: number;
}

export interface DueTicks {
  readonly policy: TickPolicy;
  /** The times that have come. */
  readonly ticks: Ticks;
  readonly now: number;
  /** Executions of the schedule that are not final. */
  readonly unfinished: number;
  /** Those of the times that are on record already. */
  readonly recorded: ReadonlySet<number>;
}

/** Why a time is not run. */
export type SkipCode = Extract<ErrorCode, `SKEP_TICK_${string}`>;

export interface SkippedTick {
  readonly tick: number;
  readonly code: string;
  readonly message: string;
}

export interface Decision {
  /** Oldest first. */
  readonly run: readonly number[];
  readonly skipped: readonly SkippedTick[];
  /** When the schedule is due again. */
  readonly next: number | undefined;
}

export function decideTicks(given: DueTicks): Decision {
  const { policy, now, unfinished, recorded } = given;
  const { newest, older, next } = given.ticks;
  const open = newest.filter((tick) => !recorded.has(tick));
  const isMissed = (tick: number): boolean => now - tick > policy.misfireGraceMs;
  const inTime = open.filter((tick) => !isMissed(tick));
  const wanted = policy.coalesce ? inTime.slice(-1) : inTime;
  const room = Math.max(0, policy.maxInstances - unfinished);
  const skipped: SkippedTick[] = [
    ...(older === undefined || recorded.has(older.first) ? [] : [olderSkipped(older)]),
    ...open.filter(isMissed).map((tick) => missed(tick, now, policy)),
    ...inTime.slice(0, inTime.length - wanted.length).map((tick) => coalesced(tick, wanted)),
    ...wanted.slice(room).map((tick) => overlapping(tick, policy)),
  ];
  return { run: wanted.slice(0, room), skipped, next };
}

const skip = (tick: number, code: SkipCode, message: string): SkippedTick => ({
  tick,
  code,
  message,
});

const missed = (tick: number, now: number, { misfireGraceMs }: TickPolicy): SkippedTick =>
  skip(
    tick,
    'SKEP_TICK_MISSED',
    `found ${formatMs(now - tick)} late, which is more than its grace of ${formatMs(misfireGraceMs)}`,
  );

const coalesced = (tick: number, [latest]: readonly number[]): SkippedTick =>
  skip(tick, 'SKEP_TICK_COALESCED', `the time at ${isoTime(latest ?? tick)} stands for it`);

const overlapping = (tick: number, { maxInstances }: TickPolicy): SkippedTick => {
  const executions =
    maxInstances === 1 ? 'an execution of it was' : `${maxInstances} executions of it were`;
  return skip(tick, 'SKEP_TICK_OVERLAPPING', `${executions} unfinished`);
};

const olderSkipped = ({ count, atLeast, first, last }: OlderTicks): SkippedTick => {
  const many = atLeast ? `at least ${count}` : String(count);
  const until = atLeast ? 'on' : `to ${isoTime(last)}`;
  return skip(
    first,
    'SKEP_TICK_MISSED',
    `stands for ${many} times from ${isoTime(first)} ${until} that came while nothing was scheduled`,
  );
};

const isoTime = (ms: number): string => new Date(ms).toISOString();
