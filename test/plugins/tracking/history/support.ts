// What the suites of the history share: a history over the real tables, with executions that the store recorded.
import type { Envelope } from '../../../../src/core/envelope.js';
import type { FinalState } from '../../../../src/core/execution.js';
import type { HistoryFilter } from '../../../../src/core/ports/execution-history.js';
import { type ApplicationDatabase, migrations } from '../../../../src/datasources/index.js';
import { CreateHistoryTables1767312060000 } from '../../../../src/plugins/tracking/history/migrations/create-history-tables.js';
import { SqlHistory } from '../../../../src/plugins/tracking/history/sql-history.js';
import { trackingMigrations } from '../../../../src/plugins/tracking/migrations/index.js';
import { columnTime } from '../../../../src/plugins/tracking/store/rows.js';
import type { SqlExecutionStore } from '../../../../src/plugins/tracking/store/sql-execution-store.js';
import { install, type TestedEngine } from '../../../datasources/support.js';
import { failure, newId, noon, pendingOf, reportOf, runOf, storeOn } from '../store/support.js';

const tables = [...trackingMigrations, CreateHistoryTables1767312060000];

/** The sources of a process on the database of the suite, migrated. */
export async function openTables({ url }: Pick<TestedEngine, 'url'>) {
  const { provider } = install({
    environment: { MARIA_URL: url() },
    plugins: [{ name: 'tracking', contributes: [migrations(tables)] }],
  });
  await provider.migrator.run();
  const history = new SqlHistory(provider.application);
  return { provider, database: provider.application, history, ...storeOn(provider.application) };
}

/** Forgets everything. */
export async function clear(database: ApplicationDatabase): Promise<void> {
  for (const table of [
    'execution',
    'execution_attempt',
    'execution_outbox',
    'execution_word',
    'execution_word_block',
  ]) {
    await database.use((manager) => manager.query(`DELETE FROM ${table}`));
  }
}

/** Records an execution, and its only run when it has ended; returns its id. */
export async function recorded(
  store: SqlExecutionStore,
  changes: Partial<Envelope> = {},
  state?: FinalState,
  run = 1,
): Promise<string> {
  const id = newId();
  await store.pending([pendingOf(id, changes)]);
  if (state === undefined) return id;
  const attempt = { ...runOf(id, 1, run), task: changes.task ?? 'work' };
  await store.begin(attempt, noon + 2_000);
  await store.final(attempt, state, {
    ...reportOf(attempt),
    ...(state === 'success' ? { result: { done: true } } : { error: failure }),
  });
  return id;
}

export interface PlainRow {
  readonly task?: string;
  readonly payload?: string | null;
  readonly status?: string;
  readonly error?: string | null;
}

/** Many rows at once, as if they had been recorded; returns the number of the first. */
export async function manyRows(
  database: ApplicationDatabase,
  count: number,
  row: (index: number) => PlainRow,
): Promise<number> {
  const columns =
    'id, task, status, queue, priority, payload, triggered_by, created_at, available_at, completed_at, error_code, error_message';
  for (let at = 0; at < count; at += 1_000) {
    const some = Array.from({ length: Math.min(1_000, count - at) }, (_, index) => {
      const { task = 'work', payload = null, status = 'success', error = null } = row(at + index);
      const time = columnTime(noon + at + index);
      const ended = ['queued', 'running'].includes(status) ? null : time;
      const code = error === null ? null : 'Error';
      return [
        newId(),
        task,
        status,
        'default',
        'normal',
        payload,
        'test',
        time,
        time,
        ended,
        code,
        error,
      ];
    });
    const places = some.map((values) => `(${values.map(() => '?').join(', ')})`).join(', ');
    await database.use((manager) =>
      manager.query(`INSERT INTO execution (${columns}) VALUES ${places}`, some.flat()),
    );
  }
  const [first] = await database.use((manager) =>
    manager.query<{ n: number }[]>('SELECT MIN(seq) AS n FROM execution'),
  );
  return Number(first?.n);
}

/** Ids of all that fit, page by page. */
export async function paged(
  history: SqlHistory,
  filter: HistoryFilter,
  limit: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = await history.list({ ...filter, limit, before: ids.at(-1) });
    ids.push(...page.map(({ id }) => id));
    if (page.length < limit) return ids;
  }
}
