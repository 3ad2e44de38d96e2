// The table of schedules as people and boot change it. Every change raises the version.
import type { ExecutionState } from '../../../core/execution.js';
import {
  type ColumnValue,
  columnTime,
  databaseNow,
  driverCode,
  insertMany,
  msOf,
  optionalTime,
  type Sender,
  type StoreDatabase,
  type StoreDialect,
  type TimeColumn,
} from '../../tracking/index.js';
import type { ScheduleDefinition } from '../definition.js';
import {
  type StoredSchedule,
  scheduleColumns,
  storedSchedule,
  writtenColumns,
  writtenValues,
} from './rows.js';
import type { DeclaredBy, ScheduleRow } from './schedule-row.js';

/** A schedule with how its latest time ended. */
export interface ListedSchedule extends StoredSchedule {
  /** Of the execution of its latest time, or of the record that it was skipped. */
  readonly lastState: ExecutionState | undefined;
}

/** The time by the database's clock, made from what it says: another one in tests. */
export type Clock = (databaseMs: number) => number;

const insertTarget = {
  table: 'schedule',
  columns: [...writtenColumns, 'version', 'created_at', 'updated_at'],
} as const;
const takenCodes = new Set(['ER_DUP_ENTRY', 'SQLITE_CONSTRAINT_UNIQUE']);

export class ScheduleStore {
  constructor(
    private readonly database: StoreDatabase,
    private readonly clock: Clock,
  ) {}

  /** The time for all runtimes. */
  now(): Promise<number> {
    return this.database.use((manager, dialect) => readNow(manager, dialect, this.clock));
  }

  /** In order of their names. */
  list(): Promise<ListedSchedule[]> {
    return this.#listed('');
  }

  async find(name: string): Promise<ListedSchedule | undefined> {
    const [found] = await this.#listed('WHERE s.name = ?', name);
    return found;
  }

  /** @returns false when the name is taken. */
  async insert(
    definition: ScheduleDefinition & { readonly declared: DeclaredBy },
    nextFireAt: number | undefined,
  ): Promise<boolean> {
    const now = columnTime(await this.now());
    const row = [...writtenValues(definition, nextFireAt), 1, now, now];
    try {
      await this.database.transaction((manager, dialect) =>
        insertMany(manager, dialect, insertTarget, [row]),
      );
      return true;
    } catch (error) {
      if (takenCodes.has(driverCode(error))) return false;
      throw error;
    }
  }

  /** @returns false when somebody else has changed or removed it since it was read. */
  async update(
    seen: StoredSchedule,
    definition: ScheduleDefinition & { readonly declared: DeclaredBy },
    nextFireAt: number | undefined,
  ): Promise<boolean> {
    const values = writtenValues(definition, nextFireAt);
    return this.#change(seen, writtenColumns, values);
  }

  setPaused(
    seen: StoredSchedule,
    pausedAt: number | undefined,
    nextFireAt: number | undefined,
  ): Promise<boolean> {
    const values = [optionalTime(pausedAt), optionalTime(nextFireAt)];
    return this.#change(seen, ['paused_at', 'next_fire_at'], values);
  }

  async remove({ id }: StoredSchedule): Promise<void> {
    await this.database.transaction((manager) =>
      manager.query('DELETE FROM schedule WHERE id = ?', [id]),
    );
  }

  /** The times that a tick moves are guarded as well, or a change could bring one back that has just been claimed. */
  #change(
    { id, version }: StoredSchedule,
    columns: readonly string[],
    values: readonly ColumnValue[],
  ): Promise<boolean> {
    const set = columns.map((column) => `${column} = ?`).join(', ');
    return this.database.transaction(async (manager, dialect) => {
      const now = columnTime(await readNow(manager, dialect, this.clock));
      await manager.query(
        `UPDATE schedule SET ${set}, version = version + 1, updated_at = ? WHERE id = ? AND version = ?`,
        [...values, now, id, version],
      );
      const changed = dialect === 'mariadb' ? 'ROW_COUNT()' : 'changes()';
      const [row] = await rowsOf<{ changed: number | string }>(
        manager,
        `SELECT ${changed} AS changed`,
      );
      return Number(row?.changed) === 1;
    });
  }

  #listed(where: string, ...parameters: unknown[]): Promise<ListedSchedule[]> {
    return this.database.use(async (manager) => {
      const rows = await rowsOf<ScheduleRow & { last_status: ExecutionState | null }>(
        manager,
        `SELECT ${scheduleColumns}, e.status AS last_status
          FROM schedule s LEFT JOIN execution e ON e.id = s.last_execution_id ${where} ORDER BY s.name`,
        parameters,
      );
      return rows.map((row) => ({
        ...storedSchedule(row),
        lastState: row.last_status ?? undefined,
      }));
    });
  }
}

/** The time by the clock of the database. */
async function readNow(sender: Sender, dialect: StoreDialect, clock: Clock): Promise<number> {
  const [row] = await rowsOf<{ now: TimeColumn }>(sender, `SELECT ${databaseNow(dialect)} AS now`);
  return clock(msOf(row?.now) ?? Number.NaN);
}

/** Rows of a query. The driver types them loosely; the caller knows the columns that it asked for. */
export async function rowsOf<Row>(
  sender: Sender,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  return (await sender.query(sql, [...parameters])) as Row[];
}
