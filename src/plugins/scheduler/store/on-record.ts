// What is on record of schedules that are due: which of their times, and how much of them is not over.
import {
  columnTime,
  listOf,
  listParameter,
  msOf,
  type Sender,
  type StoreDialect,
  type TimeColumn,
} from '../../tracking/index.js';
import { rowsOf } from './schedule-store.js';

/** A schedule by its name, and times of it that have come. */
export interface ComeTicks {
  readonly name: string;
  readonly ticks: readonly number[];
}

export interface OnRecord {
  /** Executions that are not final. */
  unfinished(name: string): number;
  /** Those of the times that have an execution, because the schedule was changed or made anew since. */
  ticks(name: string): ReadonlySet<number>;
}

export async function readRecord(
  sender: Sender,
  dialect: StoreDialect,
  schedules: readonly ComeTicks[],
): Promise<OnRecord> {
  const unfinished = await countUnfinished(
    sender,
    dialect,
    schedules.map(({ name }) => name),
  );
  const pairs = schedules.flatMap(({ name, ticks }) => ticks.map((tick): Pair => [name, tick]));
  const recorded = new Map<string, Set<number>>();
  for (const [name, tick] of await pairsOnRecord(sender, dialect, pairs)) {
    recorded.set(name, (recorded.get(name) ?? new Set()).add(tick));
  }
  return {
    unfinished: (name) => unfinished.get(name) ?? 0,
    ticks: (name) => recorded.get(name) ?? new Set(),
  };
}

type Pair = readonly [name: string, tick: number];

async function countUnfinished(
  sender: Sender,
  dialect: StoreDialect,
  names: readonly string[],
): Promise<Map<string, number>> {
  // The optimizer may prefer to read all that are not final.
  const execution =
    dialect === 'mariadb' ? 'execution FORCE INDEX (ix_execution_schedule)' : 'execution';
  const rows = await rowsOf<{ name: string; unfinished: number | string }>(
    sender,
    `SELECT schedule AS name, COUNT(*) AS unfinished FROM ${execution}
      WHERE schedule IN ${listOf(dialect)} AND completed_at IS NULL GROUP BY schedule`,
    [listParameter(dialect, names)],
  );
  return new Map(rows.map((row) => [row.name, Number(row.unfinished)]));
}

async function pairsOnRecord(
  sender: Sender,
  dialect: StoreDialect,
  pairs: readonly Pair[],
): Promise<Pair[]> {
  const rows = await rowsOf<{ name: string; tick: TimeColumn }>(
    sender,
    dialect === 'mariadb' ? pairsInMariaDb : pairsInSqlite,
    [JSON.stringify(pairs.map(([name, tick]) => [name, columnTime(tick)]))],
  );
  return rows.map(({ name, tick }) => [name, msOf(tick) ?? Number.NaN]);
}

/**
 * Each time is looked up by itself. From a range of the index, however short, InnoDB reads on through all that other
 * transactions have just inserted behind it, once for each schedule: with ten thousand due, for the better part of a minute.
 */
const pairsInMariaDb = `SELECT e.schedule AS name, e.scheduled_for AS tick
  FROM JSON_TABLE(?, '$[*]' COLUMNS (
    name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$[0]', tick DATETIME(6) PATH '$[1]')) v
  STRAIGHT_JOIN execution e FORCE INDEX (ux_execution_tick) ON e.schedule = v.name AND e.scheduled_for = v.tick`;

const pairsInSqlite = `SELECT e.schedule AS name, e.scheduled_for AS tick FROM json_each(?) v
  CROSS JOIN execution e ON e.schedule = json_extract(v.value, '$[0]')
    AND e.scheduled_for = json_extract(v.value, '$[1]')`;
