// The tables of both sources, as docs/reference/attendance.md states them.

type ColumnType = 'int' | 'bigint' | 'flag' | 'text' | 'date' | 'datetime';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

export interface Table {
  readonly name: string;
  /** The first one is the primary key. */
  readonly columns: readonly [Column, ...Column[]];
}

/** Values in the order of the columns. */
export type Row = readonly (string | number | null)[];

const column = (name: string, type: ColumnType): Column => ({ name, type, nullable: false });
const nullable = (name: string, type: ColumnType): Column => ({ name, type, nullable: true });

const id = column('ID', 'int');
const modified = column('ModifiedAt', 'datetime');
const named = [column('Code', 'text'), column('NameEn', 'text'), column('NameAr', 'text')];
const active = column('IsActive', 'flag');

export const hrisTables = {
  HR_Employee: {
    name: 'HR_Employee',
    columns: [
      id,
      ...named,
      active,
      column('HireDate', 'date'),
      nullable('TerminationDate', 'date'),
      modified,
    ],
  },
  HR_OrganizationUnit: {
    name: 'HR_OrganizationUnit',
    columns: [id, nullable('ParentID', 'int'), ...named, active, modified],
  },
  HR_Position: { name: 'HR_Position', columns: [id, ...named, active, modified] },
  HR_EmployeePosition: {
    name: 'HR_EmployeePosition',
    columns: [
      id,
      column('EmployeeID', 'int'),
      column('PositionID', 'int'),
      column('OrganizationUnitID', 'int'),
      column('StartDate', 'date'),
      nullable('EndDate', 'date'),
      modified,
    ],
  },
  TMS_Shift: {
    name: 'TMS_Shift',
    columns: [
      id,
      ...named,
      column('StartTime', 'text'),
      column('EndTime', 'text'),
      column('GraceLateMinutes', 'int'),
      column('GraceEarlyMinutes', 'int'),
      column('WorkDays', 'text'),
      active,
      modified,
    ],
  },
  TMS_ShiftAssignment: {
    name: 'TMS_ShiftAssignment',
    columns: [
      id,
      column('EmployeeID', 'int'),
      column('ShiftID', 'int'),
      column('StartDate', 'date'),
      nullable('EndDate', 'date'),
      modified,
    ],
  },
} as const satisfies Record<string, Table>;

export type HrisTable = keyof typeof hrisTables;

export const bioStarTables = {
  users: {
    name: 't_usr',
    columns: [
      column('USRUID', 'int'),
      column('USRID', 'text'),
      column('NM', 'text'),
      column('USRGRUID', 'int'),
    ],
  },
  groups: {
    name: 't_usrgr',
    columns: [column('USRGRUID', 'int'), column('NM', 'text'), nullable('PRNTUID', 'int')],
  },
  devices: { name: 't_dev', columns: [column('DEVUID', 'int'), column('NM', 'text')] },
  eventTypes: { name: 't_evttyp', columns: [column('EVT', 'int'), column('NM', 'text')] },
} as const satisfies Record<string, Table>;

/** The log table of a month. @param month `YYYYMM` of the device time in UTC. */
export const logTable = (month: string): Table => ({
  name: `t_lg${month}`,
  columns: [
    column('EVTLGUID', 'bigint'),
    column('SRVDT', 'datetime'),
    column('DEVDT', 'int'),
    column('DEVUID', 'int'),
    column('USRID', 'text'),
    column('EVT', 'int'),
    nullable('TNAKEY', 'int'),
  ],
});
