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
  const [first] = given;
  const only = given.length === 1 ? first?.[0]?.index : undefined;
  // The newest rows may all be of another kind: a walk down the primary key would find that out one by one.
  const hint = dialect === 'mariadb' && only !== undefined ? `FORCE INDEX (${only})` : '';
  return combinations(given).map((conditions) => ({ conditions, hint }));
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
}

/** For each word of the filter, the values that fit it. */
function alternatives({ states, task, queue, worker, schedule }: HistoryFilter): Alternative[][] {
  const among = (column: string, index: string, values: readonly string[]): Alternative[] =>
    values.map((value) => ({ ...equals(column, value), index }));
  const one = (value: string | undefined): string[] => (value === undefined ? [] : [value]);
  return [
    among('status', 'ix_execution_status', [...new Set(states ?? [])]),
    among('task', 'ix_execution_task', one(task)),
    among('queue', 'ix_execution_queue', queue === undefined ? [] : lanesNamed(queue)),
    among('worker', 'ix_execution_worker', one(worker)),
    among('schedule', 'ix_execution_schedule_seq', one(schedule)),
  ];
}

function combinations(given: readonly (readonly Condition[])[]): Condition[][] {
  return given.reduce<Condition[][]>(
    (found, all) => found.flatMap((before) => all.map((each) => [...before, each])),
    [[]],
  );
}
