// Lists executions, newest first: filters and paging by key. Statements are prepared once per shape of the filter.
import { type ExecutionState, type ExecutionView, isFinal } from '../../../core/execution.js';
import type { ExecutionFilter } from '../../../core/ports/broker.js';
import type { Connection, Row, SqlValue } from './connection.js';
import { executionColumns, executionView } from './execution-row.js';

type Select = (...values: SqlValue[]) => Row[];

export class ExecutionList {
  readonly #connection: Connection;
  readonly #statements = new Map<string, Select>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  list(filter: ExecutionFilter): ExecutionView[] {
    const rows = groupsOf(filter.states).flatMap((states) => {
      const { sql, values } = listing(filter, states);
      return this.#prepared(sql)(...values);
    });
    return rows
      .sort((a, b) => Number(b.at(-1)) - Number(a.at(-1)))
      .slice(0, filter.limit)
      .map(executionView);
  }

  #prepared(sql: string): Select {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#connection.select(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

function listing(
  { task, queue, limit, before }: ExecutionFilter,
  states: readonly ExecutionState[] | undefined,
): { sql: string; values: SqlValue[] } {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const where = (condition: string, value: string | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  if (states !== undefined) {
    conditions.push(`state IN (${states.map(() => '?').join(', ')})`);
    values.push(...states);
  }
  where('task = ?', task);
  where('queue = ?', queue);
  where('seq < (SELECT seq FROM executions WHERE id = ?)', before);
  const from = states === undefined ? 'executions' : `executions ${among(states, conditions)}`;
  const filtered = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return {
    sql: `SELECT ${executionColumns}, seq FROM ${from} ${filtered} ORDER BY seq DESC LIMIT ?`,
    values: [...values, limit],
  };
}

/** States that one index holds are asked for together. */
function groupsOf(
  states: readonly ExecutionState[] | undefined,
): (readonly ExecutionState[] | undefined)[] {
  if (states === undefined) return [undefined];
  const isRunning = (state: ExecutionState): boolean => state === 'running';
  const groups = [
    states.filter(isFinal),
    states.filter(isRunning),
    states.filter((state) => !isFinal(state) && !isRunning(state)),
  ];
  return groups.filter(({ length }) => length > 0);
}

/** Names the index that holds all executions of some states, so that rare ones are not sought row by row. */
function among([state]: readonly ExecutionState[], conditions: string[]): string {
  if (state !== undefined && isFinal(state)) {
    conditions.push('finished_at IS NOT NULL');
    return 'INDEXED BY executions_finished';
  }
  if (state === 'running') {
    conditions.push("state = 'running'");
    return 'INDEXED BY executions_running';
  }
  return '';
}
