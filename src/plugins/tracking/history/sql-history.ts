// The history of tracked executions in the application's database.
import type { EntityManager } from 'typeorm';
import type { Envelope } from '../../../core/envelope.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import type { AttemptReport, ExecutionDetails, ExecutionView } from '../../../core/execution.js';
import type {
  ExecutionHistory,
  HistoryFilter,
  HistoryPage,
} from '../../../core/ports/execution-history.js';
import type { ApplicationDatabase } from '../../../datasources/index.js';
import {
  type AttemptRow,
  attemptColumns,
  attemptRecord,
  type ExecutionRow,
  envelopeOf,
  executionColumns,
  executionView,
  storeDialect,
} from '../store/rows.js';
import { StoreDatabase } from '../store/store-database.js';
import { cancelWaiting } from './cancel-waiting.js';
import { Pages, type SequencedRow } from './pages.js';
import { everyCondition, where } from './selection.js';
import { TextSearch } from './text/text-search.js';
import { wordsOf } from './text/words.js';

/** So many rows are looked at together while executions with a text are counted. */
const countBatch = 2_000;

export class SqlHistory implements ExecutionHistory {
  readonly #database: ApplicationDatabase;

  constructor(database: ApplicationDatabase) {
    this.#database = database;
  }

  list(page: HistoryPage): Promise<ExecutionView[]> {
    return this.#database.use(async (manager) => {
      const rows = await this.#rows(manager, page);
      return rows.map(executionView);
    });
  }

  count(filter: HistoryFilter): Promise<number> {
    return this.#database.use(async (manager) => {
      if (filter.text !== undefined) return this.#countText(manager, filter);
      const { sql, values } = where(everyCondition(filter));
      const [row] = await manager.query<{ n: number | string }[]>(
        `SELECT COUNT(*) AS n FROM execution ${sql}`,
        [...values],
      );
      return Number(row?.n ?? 0);
    });
  }

  find(id: string): Promise<ExecutionDetails | undefined> {
    return this.#database.use(async (manager) => {
      const row = await rowOf(manager, id);
      if (row === undefined) return undefined;
      const attempts = await manager.query<AttemptRow[]>(
        `SELECT ${attemptColumns} FROM execution_attempt WHERE execution_id = ? ORDER BY attempt, started_at, fence`,
        [id],
      );
      return details(row, attempts);
    });
  }

  envelope(id: string): Promise<Envelope | undefined> {
    return this.#database.use(async (manager) => {
      const row = await rowOf(manager, id);
      return row && readEnvelope(row);
    });
  }

  cancelWaiting(
    id: string,
    report: AttemptReport,
  ): Promise<'cancelled' | 'running' | 'final' | 'unknown'> {
    return cancelWaiting(new StoreDatabase(this.#database), id, report);
  }

  #rows(manager: EntityManager, page: HistoryPage): Promise<SequencedRow[]> {
    // Words are looked for in the payload.
    const brief = page.brief === true && page.text === undefined;
    const pages = new Pages(manager, storeDialect(this.#database), brief);
    return page.text === undefined
      ? pages.rows(page)
      : new TextSearch(pages, words(page.text)).rows(page);
  }

  async #countText(manager: EntityManager, filter: HistoryFilter): Promise<number> {
    let found = 0;
    let before: string | undefined;
    for (;;) {
      const rows = await this.#rows(manager, { ...filter, limit: countBatch, before });
      found += rows.length;
      before = rows.at(-1)?.id;
      if (rows.length < countBatch) return found;
    }
  }
}

async function rowOf(manager: EntityManager, id: string): Promise<ExecutionRow | undefined> {
  const [row] = await manager.query<ExecutionRow[]>(
    `SELECT ${executionColumns} FROM execution WHERE id = ?`,
    [id],
  );
  return row;
}

function readEnvelope(row: ExecutionRow): Envelope {
  try {
    return envelopeOf(row);
  } catch (cause) {
    const message = `the payload of ${row.id} on record is no JSON`;
    const remedy = 'Give the payload that it should have with --payload.';
    throw new SkepError('SKEP_ENVELOPE_INVALID', message, { cause, remedy });
  }
}

/** The ledger of an execution is that of its latest attempt that has ended. */
function details(row: ExecutionRow, rows: readonly AttemptRow[]): ExecutionDetails {
  const attempts = rows.map(attemptRecord);
  const ledger = attempts.findLast((attempt) => attempt.ledger !== undefined)?.ledger;
  const stack = rows.findLast(({ error_stack }) => error_stack !== null)?.error_stack;
  const view = executionView(row);
  return {
    ...view,
    ...(view.error && stack ? { error: { ...view.error, stack } } : {}),
    ...(ledger === undefined ? {} : { ledger }),
    attempts,
  };
}

/** @throws SkepError `SKEP_USAGE` for a text without letters or digits. */
function words(text: string): string[] {
  const found = wordsOf(text);
  if (found.length > 0) return found;
  const remedy = 'Give words of the payload, the error or the task: letters and digits.';
  throw new SkepError('SKEP_USAGE', `the text "${text}" holds no word to look for`, { remedy });
}
