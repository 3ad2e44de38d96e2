// The monthly log tables of BioStar: which there are, and reading one page by page.
import { type EntityManager, QueryFailedError } from 'typeorm';
import { quoteName } from '../../../datasources/quote-name.js';
import type { SourceDialect } from '../../../datasources/supported-engine.js';

/** One monthly log table. Its name comes from the catalogue and fits the pattern, so it may stand in SQL. */
export interface LogTable {
  readonly name: string;
  /** `YYYYMM`. */
  readonly month: number;
}

/**
 * A row of a log table as the driver returns it. Its values are not read yet: an engine may return text for a number,
 * and SQLite keeps any value in any column.
 */
export interface LogRow {
  readonly id: unknown;
  /** Wall time of the server, `YYYY-MM-DD HH:MM:SS`. */
  readonly serverTime: unknown;
  /** Unix seconds. */
  readonly deviceAt: unknown;
  readonly deviceId: unknown;
  readonly userCode: unknown;
  readonly eventCode: unknown;
  readonly tnaKey: unknown;
}

const namePattern = /^t_lg(\d{4}(?:0[1-9]|1[0-2]))$/;

const catalogue: Readonly<Record<SourceDialect, string>> = {
  mariadb:
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()',
  sqlite: "SELECT name FROM sqlite_master WHERE type = 'table'",
  postgres:
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()',
};

/** The log tables that there are now, the oldest first. */
export async function listLogTables(
  manager: EntityManager,
  dialect: SourceDialect,
): Promise<LogTable[]> {
  const rows: { name: string }[] = await manager.query(catalogue[dialect]);
  return rows.flatMap(({ name }) => logTable(name) ?? []).sort((a, b) => a.month - b.month);
}

/** The log table of this name, or undefined when it is the name of something else. */
function logTable(name: string): LogTable | undefined {
  const month = namePattern.exec(name)?.[1];
  return month === undefined ? undefined : { name, month: Number(month) };
}

/** What is selected as each value of a row, as SQL that every engine understands. */
const columns = {
  id: 'EVTLGUID',
  // As text, long enough to show the offset that PostgreSQL writes behind a time with a zone.
  serverTime: 'CAST(SRVDT AS CHAR(32))',
  deviceAt: 'DEVDT',
  deviceId: 'DEVUID',
  userCode: 'USRID',
  eventCode: 'EVT',
  tnaKey: 'TNAKEY',
} as const satisfies Record<keyof LogRow, string>;

/** Reads log tables. A table that is gone when it is read has no rows. */
export class LogReader {
  readonly #selected: string;
  readonly #highest: string;

  constructor(
    private readonly manager: EntityManager,
    dialect: SourceDialect,
    private readonly pageSize: number,
  ) {
    this.#selected = Object.entries(columns)
      .map(([name, value]) => `${value} AS ${quoteName(dialect, name)}`)
      .join(', ');
    this.#highest = `MAX(EVTLGUID) AS ${quoteName(dialect, 'lastId')}`;
  }

  /** The highest event id of a table, 0 when it is empty, undefined when it is gone. */
  async lastId({ name }: LogTable): Promise<number | undefined> {
    const rows = await this.#unlessGone<{ lastId: number | null }>(
      `SELECT ${this.#highest} FROM ${name}`,
    );
    return rows[0] && Number(rows[0].lastId ?? 0);
  }

  /** Pages of rows whose ids are above `after`, in the order of ids. */
  async *pages({ name }: LogTable, after: number): AsyncGenerator<readonly LogRow[]> {
    const size = this.pageSize;
    for (let last = after; ; ) {
      const rows = await this.#unlessGone<LogRow>(
        `SELECT ${this.#selected} FROM ${name} WHERE EVTLGUID > ${last} ORDER BY EVTLGUID LIMIT ${size}`,
      );
      if (rows.length > 0) yield rows;
      if (rows.length < size) return;
      last = Number(rows.at(-1)?.id);
    }
  }

  async #unlessGone<Row>(sql: string): Promise<Row[]> {
    try {
      return await this.manager.query(sql);
    } catch (error) {
      if (isMissingTable(error)) return [];
      throw error;
    }
  }
}

/** How engines report that a table is not there: MariaDB and PostgreSQL by code, SQLite in words. */
function isMissingTable(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: unknown };
  return code === 'ER_NO_SUCH_TABLE' || code === '42P01' || /no such table/.test(error.message);
}
