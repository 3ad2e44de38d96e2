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
    const { sql, values } = listing(filter);
    return this.#prepared(sql)(...values).map(executionView);
  }

  #prepared(sql: string): Select {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const prepared = this.#connection.select(sql);
    this.#statements.set(sql, prepared);
    return prepared;
  }
}

function listing({ state, task, queue, limit, before }: ExecutionFilter): {
  sql: string;
  values: SqlValue[];
} {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const where = (condition: string, value: string | undefined): void => {
    if (value === undefined) return;
    conditions.push(condition);
    values.push(value);
  };
  where('state = ?', state);
  where('task = ?', task);
  where('queue = ?', queue);
  where('seq < (SELECT seq FROM executions WHERE id = ?)', before);
  const from = state === undefined ? 'executions' : `executions ${among(state, conditions)}`;
  const filtered = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return {
    sql: `SELECT ${executionColumns} FROM ${from} ${filtered} ORDER BY seq DESC LIMIT ?`,
    values: [...values, limit],
  };
}

/** Names the index that holds all executions of a state, so that rare states are not sought row by row. */
function among(state: ExecutionState, conditions: string[]): string {
  if (isFinal(state)) {
    conditions.push('finished_at IS NOT NULL');
    return 'INDEXED BY executions_finished';
  }
  if (state === 'running') {
    conditions.push("state = 'running'");
    return 'INDEXED BY executions_running';
  }
  return '';
}
