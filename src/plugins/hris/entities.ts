// What is replicated from HRIS into Maria, as entities. Ids are those of HRIS, dates are `YYYY-MM-DD`.
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';

/** What every replicated row has. */
export interface ReplicatedRow {
  /** Id in HRIS. */
  readonly id: number;
  /** False when HRIS says so, and when the row is no longer there; such rows are kept. */
  readonly active: boolean;
}

/** How a row is stored: beside its content, the hash by which a change is known. */
export type Hashed<Row extends ReplicatedRow> = Row & {
  /** Null once the row vanished from HRIS. */
  readonly rowHash: string | null;
};

interface Named {
  readonly code: string;
  readonly nameEn: string;
  readonly nameAr: string;
}

export interface Department extends ReplicatedRow, Named {
  /** Null at the top, and where a cycle of the source was broken. */
  readonly parentId: number | null;
}

export interface Employee extends ReplicatedRow, Named {
  readonly hireDate: string;
  /** Null while employed. */
  readonly terminationDate: string | null;
}

export interface Position extends ReplicatedRow, Named {}

export interface EmployeePosition extends ReplicatedRow {
  readonly employeeId: number;
  readonly positionId: number;
  readonly departmentId: number;
  readonly startDate: string;
  /** Inclusive; null while open. */
  readonly endDate: string | null;
}

export interface Shift extends ReplicatedRow, Named {
  /** `HH:MM` in the site zone. */
  readonly startTime: string;
  /** `HH:MM`; on the next day when not after the start. */
  readonly endTime: string;
  readonly graceLateMinutes: number;
  readonly graceEarlyMinutes: number;
  /** Seven characters `0` or `1`, Monday first. */
  readonly workDays: string;
}

export interface ShiftAssignment extends ReplicatedRow {
  readonly employeeId: number;
  readonly shiftId: number;
  readonly startDate: string;
  /** Inclusive; null while open. */
  readonly endDate: string | null;
}

const int = (name: string): EntitySchemaColumnOptions => ({ name, type: 'int' });
const text = (name: string, length: number): EntitySchemaColumnOptions => ({
  name,
  type: 'varchar',
  length,
});
const date = (name: string): EntitySchemaColumnOptions => ({ name, type: 'date' });
const nullable = (column: EntitySchemaColumnOptions): EntitySchemaColumnOptions => ({
  ...column,
  nullable: true,
});

const replicated = {
  id: { ...int('id'), primary: true },
  active: { name: 'active', type: 'boolean' },
  rowHash: nullable(text('row_hash', 27)),
} as const;
/** The most characters of a code. */
export const longestCode = 64;
/** The most characters of a name. */
export const longestName = 255;

const named = {
  code: text('code', longestCode),
  nameEn: text('name_en', longestName),
  nameAr: text('name_ar', longestName),
};
const period = { startDate: date('start_date'), endDate: nullable(date('end_date')) };

export const Department = new EntitySchema<Hashed<Department>>({
  name: 'Department',
  tableName: 'hris_department',
  columns: { ...replicated, ...named, parentId: nullable(int('parent_id')) },
});

export const Employee = new EntitySchema<Hashed<Employee>>({
  name: 'Employee',
  tableName: 'hris_employee',
  columns: {
    ...replicated,
    ...named,
    hireDate: date('hire_date'),
    terminationDate: nullable(date('termination_date')),
  },
});

export const Position = new EntitySchema<Hashed<Position>>({
  name: 'Position',
  tableName: 'hris_position',
  columns: { ...replicated, ...named },
});

export const EmployeePosition = new EntitySchema<Hashed<EmployeePosition>>({
  name: 'EmployeePosition',
  tableName: 'hris_employee_position',
  columns: {
    ...replicated,
    employeeId: int('employee_id'),
    positionId: int('position_id'),
    departmentId: int('department_id'),
    ...period,
  },
});

export const Shift = new EntitySchema<Hashed<Shift>>({
  name: 'Shift',
  tableName: 'hris_shift',
  columns: {
    ...replicated,
    ...named,
    startTime: text('start_time', 5),
    endTime: text('end_time', 5),
    graceLateMinutes: int('grace_late_minutes'),
    graceEarlyMinutes: int('grace_early_minutes'),
    workDays: text('work_days', 7),
  },
});

export const ShiftAssignment = new EntitySchema<Hashed<ShiftAssignment>>({
  name: 'ShiftAssignment',
  tableName: 'hris_shift_assignment',
  columns: {
    ...replicated,
    employeeId: int('employee_id'),
    shiftId: int('shift_id'),
    ...period,
  },
});

export const hrisEntities = [
  Department,
  Employee,
  Position,
  EmployeePosition,
  Shift,
  ShiftAssignment,
] as const;
