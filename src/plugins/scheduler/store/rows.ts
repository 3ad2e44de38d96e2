// Rows of `schedule`: what is selected, what is written, and what they mean.
import type { JsonValue } from '../../../core/json.js';
import { type ColumnValue, msOf, optionalTime, type TimeColumn } from '../../tracking/index.js';
import type { ScheduleDefinition } from '../definition.js';
import { rowProblem } from './row-problem.js';
import type { DeclaredBy, ScheduleRow } from './schedule-row.js';

/** A schedule with what has become of it. Times are milliseconds since 1970 UTC. */
export interface StoredSchedule extends ScheduleDefinition {
  readonly id: number;
  readonly declared: DeclaredBy;
  readonly pausedAt: number | undefined;
  /** Undefined while it is paused or disabled, and after its end. */
  readonly nextFireAt: number | undefined;
  readonly lastFireAt: number | undefined;
  readonly lastExecutionId: string | undefined;
  /** Raised by every change. */
  readonly version: number;
  /** What is wrong with its row; then what of it cannot be read is left out, and nothing may fire it. */
  readonly problem: string | undefined;
}

const definitionColumns = [
  'name',
  'task',
  'kind',
  'expression',
  'zone',
  'payload',
  'misfire_grace_ms',
  'coalesce',
  'max_instances',
  'jitter_ms',
  'starts_at',
  'ends_at',
  'enabled',
  'triggered_by',
] as const;

const stateColumns = [
  'id',
  'paused_at',
  'declared',
  'next_fire_at',
  'last_fire_at',
  'last_execution_id',
  'version',
] as const;

/** What to SELECT of `schedule s` for a {@link ScheduleRow}. */
export const scheduleColumns = [...definitionColumns, ...stateColumns]
  .map((column) => `s.${column}`)
  .join(', ');

/** Columns that are written with a definition, and their values in that order. */
export const writtenColumns = [...definitionColumns, 'declared', 'next_fire_at'] as const;

export function writtenValues(
  of: ScheduleDefinition & { readonly declared: DeclaredBy },
  nextFireAt: number | undefined,
): ColumnValue[] {
  return [
    of.name,
    of.task,
    of.kind,
    of.expression,
    of.zone,
    JSON.stringify(of.payload),
    of.misfireGraceMs,
    of.coalesce ? 1 : 0,
    of.maxInstances,
    of.jitterMs,
    optionalTime(of.startsAt),
    optionalTime(of.endsAt),
    of.enabled ? 1 : 0,
    of.triggeredBy ?? null,
    of.declared,
    optionalTime(nextFireAt),
  ];
}

/** What a row means. Never throws: see `problem`. */
export function storedSchedule(row: ScheduleRow): StoredSchedule {
  const problem = rowProblem(row);
  return {
    problem,
    id: Number(row.id),
    name: row.name,
    task: row.task,
    kind: row.kind,
    expression: row.expression,
    zone: row.zone,
    payload: problem === undefined ? (JSON.parse(row.payload) as JsonValue) : null,
    misfireGraceMs: Number(row.misfire_grace_ms),
    coalesce: Number(row.coalesce) === 1,
    maxInstances: Number(row.max_instances),
    jitterMs: Number(row.jitter_ms),
    startsAt: timeOf(row.starts_at),
    endsAt: timeOf(row.ends_at),
    enabled: Number(row.enabled) === 1,
    pausedAt: timeOf(row.paused_at),
    declared: row.declared,
    triggeredBy: row.triggered_by ?? undefined,
    nextFireAt: timeOf(row.next_fire_at),
    lastFireAt: timeOf(row.last_fire_at),
    lastExecutionId: row.last_execution_id ?? undefined,
    version: Number(row.version),
  };
}

const timeOf = (column: TimeColumn): number | undefined => {
  const ms = msOf(column);
  return Number.isNaN(ms) ? undefined : ms;
};
