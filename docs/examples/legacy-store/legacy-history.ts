// The history port over the old table: what `skep executions` shows of it.
import type {
  ApplicationDatabase,
  ExecutionDetails,
  ExecutionHistory,
  ExecutionView,
  HistoryFilter,
  HistoryPage,
} from 'skep';
import { type LegacyRow, stateOf, statusIds } from './legacy-row.js';

type Envelope = Awaited<ReturnType<ExecutionHistory['envelope']>>;

export class LegacyHistory implements ExecutionHistory {
  constructor(private readonly database: ApplicationDatabase) {}

  async list({ limit, before, ...filter }: HistoryPage): Promise<ExecutionView[]> {
    const { where, values } = conditions(filter);
    if (before !== undefined) {
      where.push('execution_id < ?');
      values.push(before);
    }
    const rows = await this.#rows(
      `SELECT * FROM scheduled_job_execution WHERE ${where.join(' AND ')} ORDER BY execution_id DESC LIMIT ${limit}`,
      values,
    );
    return rows.map(viewOf);
  }

  async count(filter: HistoryFilter): Promise<number> {
    const { where, values } = conditions(filter);
    const sql = `SELECT COUNT(*) AS n FROM scheduled_job_execution WHERE ${where.join(' AND ')}`;
    const [row] = await this.database.use((manager) => manager.query<{ n: number }[]>(sql, values));
    return Number(row?.n ?? 0);
  }

  async find(id: string): Promise<ExecutionDetails | undefined> {
    const [row] = await this.#byId(id);
    // The old table keeps the latest attempt only.
    return row && { ...viewOf(row), attempts: [] };
  }

  async envelope(id: string): Promise<Envelope> {
    const [row] = await this.#byId(id);
    if (row === undefined) return undefined;
    const { payload, task, dispatchedAt } = viewOf(row);
    const rest = { queue: 'default', attempt: 1, triggeredBy: 'legacy', tracked: true } as const;
    return { v: 1, id, task, payload, dispatchedAt, ...rest };
  }

  async cancelWaiting(id: string): ReturnType<ExecutionHistory['cancelWaiting']> {
    await this.database.use((manager) =>
      manager.query(
        `UPDATE scheduled_job_execution SET status_id = ?, completed_at = ?
         WHERE execution_id = ? AND completed_at IS NULL AND status_id = ?`,
        [statusIds.cancelled, Date.now(), id, statusIds.queued],
      ),
    );
    const [row] = await this.#byId(id);
    if (row === undefined) return 'unknown';
    if (row.completed_at === null) return 'running';
    return row.status_id === statusIds.cancelled ? 'cancelled' : 'final';
  }

  #byId(id: string): Promise<LegacyRow[]> {
    return this.#rows('SELECT * FROM scheduled_job_execution WHERE execution_id = ?', [id]);
  }

  #rows(sql: string, values: unknown[]): Promise<LegacyRow[]> {
    return this.database.use((manager) => manager.query<LegacyRow[]>(sql, values));
  }
}

function conditions({ task, states, since, until, text }: HistoryFilter) {
  const where: string[] = ['1 = 1'];
  const values: unknown[] = [];
  const add = (condition: string, ...more: unknown[]): void => {
    where.push(condition);
    values.push(...more);
  };
  if (task !== undefined) add('job_code = ?', task);
  if (since !== undefined) add('created_at >= ?', since);
  if (until !== undefined) add('created_at < ?', until);
  if (text !== undefined)
    add('(arguments LIKE ? OR error_message LIKE ?)', `%${text}%`, `%${text}%`);
  if (states !== undefined && states.length > 0) {
    add(
      `status_id IN (${states.map(() => '?').join(', ')})`,
      ...states.map((state) => statusIds[state]),
    );
  }
  return { where, values };
}

function viewOf(row: LegacyRow): ExecutionView {
  const { started_at, completed_at, result_summary, error_message } = row;
  return {
    id: row.execution_id,
    task: row.job_code,
    queue: 'default',
    state: stateOf(row),
    attempt: started_at === null ? 0 : 1,
    crashes: 0,
    payload: JSON.parse(row.arguments),
    dispatchedAt: Number(row.created_at),
    availableAt: Number(row.created_at),
    triggeredBy: 'legacy',
    tracked: true,
    ...(started_at === null ? {} : { startedAt: Number(started_at) }),
    ...(completed_at === null ? {} : { finishedAt: Number(completed_at) }),
    ...(result_summary === null ? {} : { summary: result_summary }),
    ...(error_message === null ? {} : { error: { code: 'Error', message: error_message } }),
  };
}
