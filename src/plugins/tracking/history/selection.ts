// Which rows of `execution` fit a filter, so that an index gives them in order: what has several values is asked for once
// for each, because no index gives the newest of several states in order.
import { lanesNamed } from '../../../core/dispatch/lanes.js';
import type { HistoryFilter } from '../../../core/ports/execution-history.js';
import type { ColumnValue } from '../store/pending-row.js';
import { columnTime, type StoreDialect } from '../store/rows.js';

/** A part of a WHERE clause; its values in order of their question marks. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly ColumnValue[];
}

/** One way into the table; the answers of all of them together are the answer. */
export interface Branch {
  readonly conditions: readonly Condition[];
  /** What MariaDB is told of indexes, where it must not choose by itself. */
  readonly hint: string;
}

export const where = (conditions: readonly Condition[]): Condition => ({
  sql: conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`,
  values: conditions.flatMap(({ values }) => values),
});

const equals = (column: string, value: ColumnValue): Condition => ({
  sql: `${column} = ?`,
  values: [value],
});

export const below = (seq: number): Condition => ({ sql: 'seq < ?', values: [seq] });
export const above = (seq: number): Condition => ({ sql: 'seq > ?', values: [seq] });

/** Whether only times are given: then the index of times leads, and the list is in its order. */
export function isByTime(filter: HistoryFilter): boolean {
  return (
    (filter.since !== undefined || filter.until !== undefined) &&
    alternatives(filter).every(({ length }) => length === 0)
  );
}

/** What is not equality with one of some values: the times. */
export function timeConditions({ since, until }: HistoryFilter): Condition[] {
  return [
    ...(since === undefined ? [] : [{ sql: 'created_at >= ?', values: [columnTime(since)] }]),
    ...(until === undefined ? [] : [{ sql: 'created_at < ?', values: [columnTime(until)] }]),
  ];
}

/** For a list in the order of `seq`. Text is not part of it. */
export function branches(filter: HistoryFilter, dialect: StoreDialect): Branch[] {
  const given = alternatives(filter).filter(({ length }) => length > 0);
  return combinations(given).map((conditions) => {
    const leads = conditions.reduce<Alternative | undefined>(
      (best, each) => (best === undefined || each.rank < best.rank ? each : best),
      undefined,
    );
    // Left to itself it may walk down the primary key, where the newest rows may all be of another kind, or read all of
    // two indexes to see where they meet, and sort that. One index, from its end, gives the newest at once.
    const hint = dialect === 'mariadb' && leads ? `FORCE INDEX (${leads.index})` : '';
    return { conditions, hint };
  });
}

/** As one condition, in any order: to count. */
export function everyCondition(filter: HistoryFilter): Condition[] {
  const given = alternatives(filter).filter(({ length }) => length > 0);
  const equalities = given.map((all) => ({
    sql: `(${all.map(({ sql }) => sql).join(' OR ')})`,
    values: all.flatMap(({ values }) => values),
  }));
  return [...equalities, ...timeConditions(filter)];
}

interface Alternative extends Condition {
  readonly index: string;
  /** Of several, the one with the lowest leads: it is likely to have the fewest rows. */
  readonly rank: number;
}

/** For each word of the filter, the values that fit it. */
function alternatives({ states, task, queue, worker, schedule }: HistoryFilter): Alternative[][] {
  const among = (
    column: string,
    index: string,
    rank: (value: string) => number,
    values: readonly string[],
  ): Alternative[] =>
    values.map((value) => ({ ...equals(column, value), index, rank: rank(value) }));
  const one = (value: string | undefined): string[] => (value === undefined ? [] : [value]);
  // Most executions succeed.
  const ofState = (state: string): number => (state === 'success' ? 6 : 1);
  return [
    among('status', 'ix_execution_status', ofState, [...new Set(states ?? [])]),
    among('schedule', 'ix_execution_schedule_seq', () => 2, one(schedule)),
    among('task', 'ix_execution_task', () => 3, one(task)),
    among('worker', 'ix_execution_worker', () => 4, one(worker)),
    among('queue', 'ix_execution_queue', () => 5, queue === undefined ? [] : lanesNamed(queue)),
  ];
}

function combinations(given: readonly (readonly Alternative[])[]): Alternative[][] {
  return given.reduce<Alternative[][]>(
    (found, all) => found.flatMap((before) => all.map((each) => [...before, each])),
    [[]],
  );
}
