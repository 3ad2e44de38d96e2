// A row of `schedule`, as the drivers give it.
import type { ExecutionState } from '../../../core/execution.js';
import type { TimeColumn } from '../../tracking/index.js';
import type { ScheduleKind } from '../timetable/next-fire.js';

/** Who declared a schedule: the code of its task, plugins.json, or a service at run time. */
export type DeclaredBy = 'code' | 'config' | 'runtime';

export interface ScheduleRow {
  readonly id: number;
  readonly name: string;
  readonly task: string;
  readonly kind: ScheduleKind;
  readonly expression: string;
  readonly zone: string;
  readonly payload: string;
  readonly misfire_grace_ms: number;
  readonly coalesce: number;
  readonly max_instances: number;
  readonly jitter_ms: number;
  readonly starts_at: TimeColumn;
  readonly ends_at: TimeColumn;
  readonly enabled: number;
  readonly paused_at: TimeColumn;
  readonly declared: DeclaredBy;
  readonly triggered_by: string | null;
  readonly next_fire_at: TimeColumn;
  readonly last_fire_at: TimeColumn;
  readonly last_execution_id: string | null;
  readonly version: number;
  /** Only where it was asked for. */
  readonly last_status?: ExecutionState | null;
}
