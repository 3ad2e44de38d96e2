// Reads executions: those on record, and those that only a queue knows of.
import type { ExecutionDetails, ExecutionView } from '../execution.js';
import type { Broker } from '../ports/broker.js';
import type { ExecutionHistory, HistoryPage } from '../ports/execution-history.js';
import type { Looking } from './looking.js';
import {
  assertQueueCanTell,
  beyondQueue,
  listQueued,
  newestFirst,
  unknownExecution,
} from './queued.js';

export interface ExecutionReaderDeps {
  readonly broker: Pick<Broker, 'list' | 'find'>;
  /** Undefined where no record is kept. */
  readonly history: Pick<ExecutionHistory, 'list' | 'find'> | undefined;
}

export class ExecutionReader implements Looking {
  readonly #deps: ExecutionReaderDeps;

  constructor(deps: ExecutionReaderDeps) {
    this.#deps = deps;
  }

  /**
   * Newest first. Those that only the queue knows of are among them where it can be asked.
   * @throws SkepError `SKEP_EXECUTION_UNKNOWN` for `before`; `SKEP_NOT_TRACKING` where only a record could answer.
   */
  async list(page: HistoryPage): Promise<ExecutionView[]> {
    const { history, broker } = this.#deps;
    if (history === undefined) {
      assertQueueCanTell(page);
      return listQueued(broker, page, () => true);
    }
    const older = page.before === undefined ? undefined : await this.known(page.before);
    const recorded = await history.list(
      older?.isRecorded === false ? upTo(page, older.view) : page,
    );
    if (beyondQueue(page).length > 0) return recorded;
    const queued = await listQueued(broker, page, ({ tracked }) => !tracked, older?.view);
    if (queued.length === 0) return recorded;
    return [...recorded, ...queued].sort(newestFirst).slice(0, page.limit);
  }

  /** With its attempts, where it is on record. */
  async find(id: string): Promise<ExecutionView | ExecutionDetails | undefined> {
    const { history, broker } = this.#deps;
    const recorded = await history?.find(id);
    if (recorded === undefined) return broker.find(id);
    if (recorded.state !== 'queued' && recorded.state !== 'retrying') return recorded;
    // Only the queue knows that; while it is away, the record is all there is.
    const { unknownSince } = (await broker.find(id).catch(() => undefined)) ?? {};
    return unknownSince === undefined ? recorded : { ...recorded, unknownSince };
  }

  /** What record or queue know of it. @throws SkepError `SKEP_EXECUTION_UNKNOWN`. */
  async known(id: string): Promise<{ readonly view: ExecutionView; readonly isRecorded: boolean }> {
    const { history, broker } = this.#deps;
    const recorded = await history?.find(id);
    const view = recorded ?? (await broker.find(id));
    if (view === undefined) throw unknownExecution(id);
    return { view, isRecorded: recorded !== undefined };
  }
}

/** The same page, from an execution on that is not on record. */
function upTo(page: HistoryPage, { dispatchedAt }: ExecutionView): HistoryPage {
  return { ...page, before: undefined, until: Math.min(page.until ?? Infinity, dispatchedAt) };
}
