// A schedule as it is stored or declared, as people see it.
import type { ExecutionState } from '../../core/execution.js';
import type { JsonValue } from '../../core/json.js';
import { triggerOf } from './claimer.js';
import type { InstalledSchedule } from './declared.js';
import type { DeclaredBy } from './store/schedule-row.js';
import type { ListedSchedule } from './store/schedule-store.js';
import type { ScheduleKind } from './timetable/next-fire.js';
import { timetableWords } from './words.js';

/**
 * `new`: declared, and no runtime has begun since. `ended`: it is never due again. `broken`: its row cannot be understood
 * here, so it does not fire; `problem` says why.
 */
export type ScheduleState = 'active' | 'paused' | 'disabled' | 'ended' | 'new' | 'broken';

/** A schedule as `skep schedules` shows it. Times are milliseconds since 1970 UTC. */
export interface Schedule {
  readonly name: string;
  readonly task: string;
  readonly state: ScheduleState;
  /** What is wrong with a broken one; undefined for others. */
  readonly problem: string | undefined;
  readonly kind: ScheduleKind;
  /** The pattern, the duration, or the time in ISO 8601. */
  readonly expression: string;
  readonly zone: string;
  /** When it is due, in words. */
  readonly when: string;
  readonly payload: JsonValue;
  readonly misfireGraceMs: number;
  readonly coalesce: boolean;
  readonly maxInstances: number;
  readonly jitterMs: number;
  readonly startsAt: number | undefined;
  readonly endsAt: number | undefined;
  readonly enabled: boolean;
  /** By a decorator, by plugins.json, or at run time. */
  readonly declared: DeclaredBy;
  readonly triggeredBy: string;
  readonly pausedAt: number | undefined;
  readonly nextFireAt: number | undefined;
  /** The latest of its times that has come. */
  readonly lastFireAt: number | undefined;
  readonly lastExecutionId: string | undefined;
  readonly lastState: ExecutionState | undefined;
}

/** One that is declared only, with the time that it would be due. */
type Fresh = InstalledSchedule & { readonly nextFireAt: number | undefined };

export function toSchedule(of: ListedSchedule | Fresh): Schedule {
  const isStored = 'version' in of;
  const problem = isStored ? of.problem : undefined;
  return {
    name: of.name,
    task: of.task,
    state: isStored ? stateOf(of) : 'new',
    problem,
    kind: of.kind,
    expression: of.expression,
    zone: of.zone,
    when: problem === undefined ? timetableWords(of) : of.expression,
    payload: of.payload,
    misfireGraceMs: of.misfireGraceMs,
    coalesce: of.coalesce,
    maxInstances: of.maxInstances,
    jitterMs: of.jitterMs,
    startsAt: of.startsAt,
    endsAt: of.endsAt,
    enabled: of.enabled,
    declared: of.declared,
    triggeredBy: triggerOf(of),
    pausedAt: isStored ? of.pausedAt : undefined,
    nextFireAt: of.nextFireAt,
    lastFireAt: isStored ? of.lastFireAt : undefined,
    lastExecutionId: isStored ? of.lastExecutionId : undefined,
    lastState: isStored ? of.lastState : undefined,
  };
}

function stateOf({ enabled, pausedAt, nextFireAt, problem }: ListedSchedule): ScheduleState {
  if (problem !== undefined) return 'broken';
  if (!enabled) return 'disabled';
  if (pausedAt !== undefined) return 'paused';
  return nextFireAt === undefined ? 'ended' : 'active';
}
