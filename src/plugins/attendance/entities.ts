// What the plugin keeps in Maria, as entities. Instants are unix seconds, as in BioStar.
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import type { QuarantineReason } from './rules/clock-check.js';
import type { DayStatus } from './rules/day-result.js';

/** Identity of an event: source, month of its table, id within it. */
interface EventIdentity {
  readonly source: string;
  /** `YYYYMM`, from the name of the log table. */
  readonly month: number;
  readonly eventId: number;
}

/** An attendance event whose clock is plausible. */
export interface AttendanceEvent extends EventIdentity {
  /** Null while no employee matches. */
  readonly employeeId: number | null;
  /** `USRID`, character by character. */
  readonly userCode: string;
  readonly deviceId: number | null;
  readonly deviceAt: number;
  readonly serverAt: number;
  /** `EVT`. */
  readonly eventCode: number;
  readonly duress: boolean;
  readonly tnaKey: number | null;
}

/** An attendance event whose device time is not believed. */
export interface QuarantinedEvent extends EventIdentity {
  readonly reason: QuarantineReason;
  readonly userCode: string;
  readonly deviceId: number | null;
  readonly deviceAt: number | null;
  readonly serverAt: number | null;
  readonly eventCode: number;
  readonly tnaKey: number | null;
}

/** The result of one employee's day. */
export interface ComplianceDay {
  readonly employeeId: number;
  /** `YYYY-MM-DD`, the date on which the shift starts. */
  readonly workDate: string;
  /** Null on an off day. */
  readonly shiftId: number | null;
  readonly status: DayStatus;
  readonly firstIn: number | null;
  readonly lastOut: number | null;
  readonly workedMinutes: number;
  readonly lateMinutes: number;
  readonly earlyMinutes: number;
  /** Taps that count. */
  readonly taps: number;
  /** Taps that came too soon after one that counts. */
  readonly collapsed: number;
}

const int = (name: string): EntitySchemaColumnOptions => ({ name, type: 'int' });
const instant = (name: string): EntitySchemaColumnOptions => ({
  name,
  type: 'int',
  unsigned: true,
});
const text = (name: string, length: number): EntitySchemaColumnOptions => ({
  name,
  type: 'varchar',
  length,
});
const key = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({
  ...column,
  primary: true,
});
const nullable = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({
  ...column,
  nullable: true,
});

const identity = {
  source: key(text('source', 32)),
  month: key(int('month')),
  eventId: key({ name: 'event_id', type: 'bigint' }),
};
const origin = {
  userCode: text('user_code', 255),
  deviceId: nullable({ name: 'device_id', type: 'int', unsigned: true }),
  eventCode: int('event_code'),
  tnaKey: nullable(int('tna_key')),
};

export const AttendanceEvent = new EntitySchema<AttendanceEvent>({
  name: 'AttendanceEvent',
  tableName: 'attendance_event',
  columns: {
    ...identity,
    ...origin,
    employeeId: nullable(int('employee_id')),
    deviceAt: instant('device_at'),
    serverAt: instant('server_at'),
    duress: { name: 'duress', type: 'boolean' },
  },
});

export const QuarantinedEvent = new EntitySchema<QuarantinedEvent>({
  name: 'QuarantinedEvent',
  tableName: 'attendance_quarantine',
  columns: {
    ...identity,
    ...origin,
    reason: text('reason', 16),
    deviceAt: nullable({ name: 'device_at', type: 'bigint' }),
    serverAt: nullable({ name: 'server_at', type: 'bigint' }),
  },
});

export const ComplianceDay = new EntitySchema<ComplianceDay>({
  name: 'ComplianceDay',
  tableName: 'attendance_compliance_day',
  columns: {
    employeeId: key(int('employee_id')),
    workDate: key({ name: 'work_date', type: 'date' }),
    shiftId: nullable(int('shift_id')),
    status: text('status', 16),
    firstIn: nullable(instant('first_in')),
    lastOut: nullable(instant('last_out')),
    workedMinutes: int('worked_minutes'),
    lateMinutes: int('late_minutes'),
    earlyMinutes: int('early_minutes'),
    taps: int('taps'),
    collapsed: int('collapsed'),
  },
});

export const attendanceEntities = [AttendanceEvent, QuarantinedEvent, ComplianceDay] as const;
