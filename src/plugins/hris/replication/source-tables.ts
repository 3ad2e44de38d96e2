// The tables of HRIS: what is read of each, and the replicated row it becomes.
import type { EntitySchema, ObjectLiteral } from 'typeorm';
import {
  Department,
  Employee,
  EmployeePosition,
  type Hashed,
  longestCode,
  longestName,
  Position,
  type ReplicatedRow,
  Shift,
  ShiftAssignment,
} from '../entities.js';
import { type RawRow, SourceRow } from './source-values.js';

/** One table of HRIS and what it is replicated into. */
export interface SourceTable<Row extends ReplicatedRow> {
  /** Its name in HRIS. Its key is the column `ID`. */
  readonly name: string;
  /** What it is replicated into: `sourceTable` sees to it that the rows fit. */
  readonly entity: EntitySchema<ObjectLiteral>;
  /** What is selected, as SQL that every engine understands. */
  readonly select: string;
  /** @throws SourceValueError when a value of the row cannot be taken. */
  read(row: RawRow): Row;
}

/** Dates are read as text: a driver's own idea of a date has a time and a zone. */
const dateText = (column: string): string => `CAST(${column} AS CHAR(10)) AS ${column}`;
const named = 'Code, NameEn, NameAr';
const period = `${dateText('StartDate')}, ${dateText('EndDate')}`;

function sourceTable<Row extends ReplicatedRow>(
  name: string,
  entity: EntitySchema<Hashed<Row>>,
  select: string,
  read: (row: SourceRow) => Row,
): SourceTable<Row> {
  return { name, entity, select: `ID, ${select}`, read: (raw) => read(new SourceRow(name, raw)) };
}

const names = (row: SourceRow) => ({
  code: row.text('Code', longestCode),
  nameEn: row.text('NameEn', longestName),
  nameAr: row.text('NameAr', longestName),
});
const dates = (row: SourceRow) => ({
  startDate: row.date('StartDate'),
  endDate: row.optional('EndDate', row.date),
});

export const departments = sourceTable(
  'HR_OrganizationUnit',
  Department,
  `ParentID, ${named}, IsActive`,
  (row) => ({
    id: row.int('ID'),
    active: row.flag('IsActive'),
    ...names(row),
    parentId: row.optional('ParentID', row.int),
  }),
);

export const employees = sourceTable(
  'HR_Employee',
  Employee,
  `${named}, IsActive, ${dateText('HireDate')}, ${dateText('TerminationDate')}`,
  (row) => ({
    id: row.int('ID'),
    active: row.flag('IsActive'),
    ...names(row),
    hireDate: row.date('HireDate'),
    terminationDate: row.optional('TerminationDate', row.date),
  }),
);

export const positions = sourceTable('HR_Position', Position, `${named}, IsActive`, (row) => ({
  id: row.int('ID'),
  active: row.flag('IsActive'),
  ...names(row),
}));

export const employeePositions = sourceTable(
  'HR_EmployeePosition',
  EmployeePosition,
  `EmployeeID, PositionID, OrganizationUnitID, ${period}`,
  (row) => ({
    id: row.int('ID'),
    active: true,
    employeeId: row.int('EmployeeID'),
    positionId: row.int('PositionID'),
    departmentId: row.int('OrganizationUnitID'),
    ...dates(row),
  }),
);

export const shifts = sourceTable(
  'TMS_Shift',
  Shift,
  `${named}, StartTime, EndTime, GraceLateMinutes, GraceEarlyMinutes, WorkDays, IsActive`,
  (row) => ({
    id: row.int('ID'),
    active: row.flag('IsActive'),
    ...names(row),
    startTime: row.time('StartTime'),
    endTime: row.time('EndTime'),
    graceLateMinutes: row.int('GraceLateMinutes'),
    graceEarlyMinutes: row.int('GraceEarlyMinutes'),
    workDays: row.workDays('WorkDays'),
  }),
);

export const shiftAssignments = sourceTable(
  'TMS_ShiftAssignment',
  ShiftAssignment,
  `EmployeeID, ShiftID, ${period}`,
  (row) => ({
    id: row.int('ID'),
    active: true,
    employeeId: row.int('EmployeeID'),
    shiftId: row.int('ShiftID'),
    ...dates(row),
  }),
);
