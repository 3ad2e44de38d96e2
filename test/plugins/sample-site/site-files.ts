// A site in SQLite files of a folder of its own, and what can be read from them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '../../../src/core/sqlite-driver.js';
import type { SiteUrls } from '../../../src/plugins/sample-site/index.js';

const folders: string[] = [];

/** A new folder; {@link removeFolders} takes it away. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-sample-site-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export const urlsIn = (folder: string): SiteUrls => ({
  hris: `sqlite:${join(folder, 'hris.db')}`,
  biostar: `sqlite:${join(folder, 'biostar.db')}`,
});

/** Runs a query on the file of a `sqlite:` URL. */
export function query<T>(url: string, sql: string): T[] {
  const database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
  try {
    return database.prepare(sql).all() as T[]; // the caller names the columns it asks for
  } finally {
    database.close();
  }
}

export function tableNames(url: string): string[] {
  const sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
  return query<{ name: string }>(url, sql).map(({ name }) => name);
}

export interface EmployeeRow {
  ID: number;
  Code: string;
  IsActive: 0 | 1;
  HireDate: string;
  TerminationDate: string | null;
}

export interface ShiftRow {
  ID: number;
  StartTime: string;
  EndTime: string;
  GraceLateMinutes: number;
  GraceEarlyMinutes: number;
  WorkDays: string;
}

export interface AssignmentRow {
  ID: number;
  EmployeeID: number;
  ShiftID: number;
  StartDate: string;
  EndDate: string | null;
}

export interface LogRow {
  EVTLGUID: number;
  SRVDT: string;
  DEVDT: number;
  DEVUID: number;
  USRID: string;
  EVT: number;
  TNAKEY: number | null;
}

export interface SiteRows {
  readonly employees: readonly EmployeeRow[];
  readonly shifts: readonly ShiftRow[];
  readonly assignments: readonly AssignmentRow[];
  /** By name of the table. */
  readonly logs: ReadonlyMap<string, readonly LogRow[]>;
}

export function readSite({ hris, biostar }: SiteUrls): SiteRows {
  return {
    employees: query(hris, 'SELECT * FROM HR_Employee'),
    shifts: query(hris, 'SELECT * FROM TMS_Shift'),
    assignments: query(hris, 'SELECT * FROM TMS_ShiftAssignment'),
    logs: new Map(
      tableNames(biostar)
        .filter((name) => name.startsWith('t_lg'))
        .map((name) => [name, query<LogRow>(biostar, `SELECT * FROM ${name}`)]),
    ),
  };
}

/** Every row of both sources, by table, in the order of the keys. */
export function dumpFiles({ hris, biostar }: SiteUrls): Record<string, unknown[]> {
  return Object.fromEntries(
    [hris, biostar].flatMap((url) =>
      tableNames(url).map((name) => [name, query(url, `SELECT * FROM ${name} ORDER BY 1`)]),
    ),
  );
}
