// Sources written by hand, row by row, on each engine.

import { createConnection } from 'mysql2/promise';
import { DatabaseSync } from '../../../src/core/sqlite-driver.js';
import { connectPostgres } from '../../support/postgres.js';

/** A database that a test writes to, from beside the installation. */
export interface Written extends AsyncDisposable {
  /** Executes statements that each engine understands; the type DATETIME is what PostgreSQL calls TIMESTAMP. */
  execute(...statements: readonly string[]): Promise<void>;
}

export async function openWritten(url: string): Promise<Written> {
  if (url.startsWith('sqlite:')) {
    const database = new DatabaseSync(url.slice('sqlite:'.length));
    return {
      async execute(...statements) {
        for (const sql of statements) database.exec(sql);
      },
      async [Symbol.asyncDispose]() {
        database.close();
      },
    };
  }
  if (url.startsWith('postgres:')) {
    const client = await connectPostgres(url);
    return {
      async execute(...statements) {
        for (const sql of statements) await client.query(sql.replace(/\bDATETIME\b/g, 'TIMESTAMP'));
      },
      [Symbol.asyncDispose]: () => client.end(),
    };
  }
  const connection = await createConnection({ uri: url, charset: 'utf8mb4' });
  await connection.query('ALTER DATABASE CHARACTER SET utf8mb4');
  return {
    async execute(...statements) {
      for (const sql of statements) await connection.query(sql);
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}

const named = 'Code VARCHAR(64), NameEn VARCHAR(128), NameAr VARCHAR(128)';
const period = 'StartDate DATE, EndDate DATE';
const modified = 'ModifiedAt DATETIME';

/** The tables of HRIS, empty. */
export const hrisTables = [
  `CREATE TABLE HR_OrganizationUnit (ID INT PRIMARY KEY, ParentID INT, ${named}, IsActive INT, ${modified})`,
  `CREATE TABLE HR_Employee (ID INT PRIMARY KEY, ${named}, IsActive INT, HireDate DATE, TerminationDate DATE, ${modified})`,
  `CREATE TABLE HR_Position (ID INT PRIMARY KEY, ${named}, IsActive INT, ${modified})`,
  `CREATE TABLE HR_EmployeePosition (ID INT PRIMARY KEY, EmployeeID INT, PositionID INT, OrganizationUnitID INT, ${period}, ${modified})`,
  `CREATE TABLE TMS_Shift (ID INT PRIMARY KEY, ${named}, StartTime VARCHAR(5), EndTime VARCHAR(5), GraceLateMinutes INT, GraceEarlyMinutes INT, WorkDays VARCHAR(7), IsActive INT, ${modified})`,
  `CREATE TABLE TMS_ShiftAssignment (ID INT PRIMARY KEY, EmployeeID INT, ShiftID INT, ${period}, ${modified})`,
];

type Value = string | number | null;

/** An INSERT of rows whose last column, ModifiedAt, is always the same. */
export function hrisRows(table: string, ...rows: readonly (readonly Value[])[]): string {
  return insert(
    table,
    rows.map((row) => [...row, '2024-01-01 00:00:00']),
  );
}

export const logTable = (name: string): string =>
  `CREATE TABLE ${name} (EVTLGUID BIGINT PRIMARY KEY, SRVDT DATETIME, DEVDT BIGINT, DEVUID INT, USRID VARCHAR(64), EVT INT, TNAKEY INT)`;

/** An event of a log table; what is left out is ordinary. */
export interface LogLiteral {
  readonly id: number;
  readonly user: string | null;
  /** Device time in UTC, `2024-01-15 08:00:00`. */
  readonly at: string;
  /** Server time as it stands in the table; the device time in UTC when left out. */
  readonly server?: string | null;
  readonly event?: number;
}

export function logRows(table: string, ...events: readonly LogLiteral[]): string {
  return insert(
    table,
    events.map(({ id, user, at, server, event }) => [
      id,
      server === undefined ? at : server,
      Date.parse(`${at.replace(' ', 'T')}Z`) / 1_000,
      541_000_001,
      user,
      event ?? 0x1300,
      null,
    ]),
  );
}

function insert(table: string, rows: readonly (readonly Value[])[]): string {
  const literal = (value: Value): string =>
    typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
  return `INSERT INTO ${table} VALUES ${rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ')}`;
}
