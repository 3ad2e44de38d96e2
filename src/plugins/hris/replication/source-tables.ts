// The tables of HRIS: what is read of each, and the replicated row it becomes.
import type { EntitySchema, ObjectLiteral } from 'typeorm';
import { quoteName } from '../../../datasources/quote-name.js';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
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
  /** What is selected: the columns under their names, letter by letter. */
  select(dialect: Dialect): string;
  /** @throws SourceValueError when a value of the row cannot be taken. */
  read(row: RawRow): Row;
}

/** A column that is selected, and its value as SQL that every engine understands. */
interface Selected {
  readonly column: string;
  readonly value: string;
}

const plain = (...columns: readonly string[]): Selected[] =>
  columns.map((column) => ({ column, value: column }));
/** Dates are read as text: a driver's own idea of a date has a time and a zone. */
const dateTexts = (...columns: readonly string[]): Selected[] =>
  columns.map((column) => ({ column, value: `CAST(${column} AS CHAR(10))` }));
const named = plain('Code', 'NameEn', 'NameAr');
const period = dateTexts('StartDate', 'EndDate');

function sourceTable<Row extends ReplicatedRow>(
  name: string,
  entity: EntitySchema<Hashed<Row>>,
  columns: readonly Selected[],
  read: (row: SourceRow) => Row,
): SourceTable<Row> {
  const selected = [...plain('ID'), ...columns];
  return {
    name,
    entity,
    select: (dialect) =>
      selected.map(({ column, value }) => `${value} AS ${quoteName(dialect, column)}`).join(', '),
    read: (raw) => read(new SourceRow(name, raw)),
  };
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
  [...plain('ParentID'), ...named, ...plain('IsActive')],
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
  [...named, ...plain('IsActive'), ...dateTexts('HireDate', 'TerminationDate')],
  (row) => ({
    id: row.int('ID'),
    active: row.flag('IsActive'),
    ...names(row),
    hireDate: row.date('HireDate'),
    terminationDate: row.optional('TerminationDate', row.date),
  }),
);

export const positions = sourceTable(
  'HR_Position',
  Position,
  [...named, ...plain('IsActive')],
  (row) => ({
    id: row.int('ID'),
    active: row.flag('IsActive'),
    ...names(row),
  }),
);

export const employeePositions = sourceTable(
  'HR_EmployeePosition',
  EmployeePosition,
  [...plain('EmployeeID', 'PositionID', 'OrganizationUnitID'), ...period],
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
  [
    ...named,
    ...plain('StartTime', 'EndTime', 'GraceLateMinutes', 'GraceEarlyMinutes'),
    ...plain('WorkDays', 'IsActive'),
  ],
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
  [...plain('EmployeeID', 'ShiftID'), ...period],
  (row) => ({
    id: row.int('ID'),
    active: true,
    employeeId: row.int('EmployeeID'),
    shiftId: row.int('ShiftID'),
    ...dates(row),
  }),
);
