// The SQL of the embedded queue: one method per statement, each prepared once. Knows no transactions; see group-commit.
import type { ExecutionView, FinalState } from '../../../core/execution.js';
import type { QueueView } from '../../../core/ports/broker.js';
import { bytes, type Connection, type Row, text } from './connection.js';
import type { Entry } from './entry.js';
import { executionColumns, executionView } from './execution-row.js';
import { finalList, waiting } from './schema.js';

/** An execution as it was claimed; `fence` tells this claim from every other. */
export interface Claim {
  readonly seq: number;
  readonly id: string;
  readonly envelope: string;
  readonly crashes: number;
  readonly fence: number;
}

/** What an attempt came to, ready to be written. */
export interface WrittenReport {
  readonly attempt: number;
  readonly json: string;
}

const unclaim = `UPDATE executions
  SET state = 'queued', attempt = attempt - 1, started_at = NULL, worker = NULL`;
const held = "seq = ? AND id = ? AND fence = ? AND state = 'running'";

export class Store {
  readonly #statements: ReturnType<typeof prepareAll>;

  constructor(connection: Connection) {
    this.#statements = prepareAll(connection);
  }

  /** Changes when another connection, in this or another process, has committed. */
  dataVersion(): number {
    return Number(this.#statements.dataVersion()[0]?.[0]);
  }

  /** An id that is known already is left as it is. */
  insert({ envelope, json, availableAt }: Entry): void {
    const { id, queue, task, attempt, dispatchedAt } = envelope;
    const at = Math.round(dispatchedAt);
    this.#statements.insert(id, queue, task, availableAt, attempt - 1, at, json);
  }

  /** Takes up to `limit` due executions of a queue, oldest first. */
  claim(queue: string, limit: number, worker: string, now: number): Claim[] {
    return this.#statements.claim(now, worker, queue, now, limit).sort(byTurn).map(claimOf);
  }

  /** When the first waiting execution of a queue is due; undefined when none waits. */
  firstDue(queue: string): number | undefined {
    const first = this.#statements.firstDue(queue)[0]?.[0];
    return first === undefined ? undefined : Number(first);
  }

  /** False when the claim is no longer the latest; so for all that end one. */
  finish(claim: Claim, state: FinalState, report: WrittenReport, now: number): boolean {
    return this.#statements.finish(state, report.json, report.attempt, now, ...key(claim)) === 1;
  }

  retry(claim: Claim, { json, availableAt }: Entry, report: WrittenReport): boolean {
    return (
      this.#statements.retry(json, availableAt, report.json, report.attempt, ...key(claim)) === 1
    );
  }

  /** Queues a claim again as if it had not been; not available later than `latest`. */
  handBack(claim: Claim, latest: number): boolean {
    return this.#statements.handBack(latest, ...key(claim)) === 1;
  }

  /** Like {@link handBack}, but not available before `earliest`. */
  putOff(claim: Claim, earliest: number): boolean {
    return this.#statements.putOff(earliest, ...key(claim)) === 1;
  }

  /** Queues again what a dead owner held, one crash more each. Returns how many. */
  recoverCrashed(now: number): number {
    return this.#statements.recoverCrashed(now);
  }

  find(id: string): ExecutionView | undefined {
    const row = this.#statements.find(id)[0];
    return row === undefined ? undefined : executionView(row);
  }

  /** Whether each of these ids is final; one that is not known is left out. */
  finality(ids: readonly string[]): Map<string, boolean> {
    const rows = this.#statements.finality(JSON.stringify(ids));
    return new Map(rows.map(([id, final]) => [text(id), final === 1]));
  }

  hasUnfinished(): boolean {
    const { anyWaiting, anyRunning } = this.#statements;
    return anyWaiting().length > 0 || anyRunning().length > 0;
  }

  /** Queues that hold something unfinished, by name. */
  queues(now: number): QueueView[] {
    const active = new Map(
      this.#statements.active().map(([queue, count]) => [text(queue), Number(count)]),
    );
    const pending = new Map(
      this.#statements.pending().map(([queue, count]) => [text(queue), Number(count)]),
    );
    const names = [...new Set([...active.keys(), ...pending.keys()])].sort();
    return names.map((name) => {
      const delayed = Number(this.#statements.delayed(name, now)[0]?.[0]);
      const waitingNow = (pending.get(name) ?? 0) - delayed;
      return { name, waiting: waitingNow, delayed, active: active.get(name) ?? 0 };
    });
  }

  countFinished(): number {
    return Number(this.#statements.countFinished()[0]?.[0]);
  }

  /** Forgets up to `limit` of the executions that finished before `before`, oldest first. Returns how many. */
  prune(before: number, limit: number): number {
    return this.#statements.prune(before, limit);
  }
}

function prepareAll(connection: Connection) {
  const change = (sql: string) => connection.change(sql);
  const select = (sql: string) => connection.select(sql);
  return {
    dataVersion: select('PRAGMA data_version'),
    insert: change(
      `INSERT INTO executions (id, queue, task, state, available_at, attempt, dispatched_at, envelope)
       VALUES (?, ?, ?, 'queued', ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    claim: select(
      `UPDATE executions
       SET state = 'running', fence = fence + 1, attempt = attempt + 1, started_at = ?, worker = ?
       WHERE seq IN (SELECT seq FROM executions WHERE queue = ? AND ${waiting} AND available_at <= ?
                     ORDER BY available_at, id LIMIT ?)
       RETURNING seq, ${bytes('id')}, ${bytes('envelope')}, crashes, fence, available_at`,
    ),
    firstDue: select(
      `SELECT available_at FROM executions WHERE queue = ? AND ${waiting}
       ORDER BY available_at, id LIMIT 1`,
    ),
    finish: change(
      `UPDATE executions SET state = ?, report = ?, attempt = ?, finished_at = ? WHERE ${held}`,
    ),
    retry: change(
      `UPDATE executions
       SET state = 'retrying', envelope = ?, available_at = ?, report = ?, attempt = ? WHERE ${held}`,
    ),
    handBack: change(`${unclaim}, available_at = min(available_at, ?) WHERE ${held}`),
    putOff: change(`${unclaim}, available_at = max(available_at, ?) WHERE ${held}`),
    recoverCrashed: change(
      `UPDATE executions
       SET state = 'queued', available_at = min(available_at, ?), crashes = crashes + 1
       WHERE state = 'running'`,
    ),
    find: select(`SELECT ${executionColumns} FROM executions WHERE id = ?`),
    finality: select(
      `SELECT ${bytes('id')}, state IN (${finalList}) FROM executions
       WHERE id IN (SELECT value FROM json_each(?))`,
    ),
    // Apart: an OR of the two would read the whole history.
    anyWaiting: select(
      `SELECT 1 FROM executions INDEXED BY executions_waiting WHERE ${waiting} LIMIT 1`,
    ),
    anyRunning: select("SELECT 1 FROM executions WHERE state = 'running' LIMIT 1"),
    active: select(
      `SELECT ${bytes('queue')}, count(*) FROM executions WHERE state = 'running' GROUP BY queue`,
    ),
    pending: select(
      `SELECT ${bytes('queue')}, count(*) FROM executions WHERE ${waiting} GROUP BY queue`,
    ),
    delayed: select(
      `SELECT count(*) FROM executions WHERE queue = ? AND ${waiting} AND available_at > ?`,
    ),
    countFinished: select('SELECT count(*) FROM executions WHERE finished_at IS NOT NULL'),
    prune: change(
      `DELETE FROM executions WHERE seq IN (
         SELECT seq FROM executions WHERE finished_at IS NOT NULL AND finished_at < ?
         ORDER BY finished_at LIMIT ?)`,
    ),
  };
}

function key({ seq, id, fence }: Claim): [number, string, number] {
  return [seq, id, fence];
}

function claimOf([seq, id, envelope, crashes, fence]: Row): Claim {
  return {
    seq: Number(seq),
    id: text(id),
    envelope: text(envelope),
    crashes: Number(crashes),
    fence: Number(fence),
  };
}

/** RETURNING promises no order. */
function byTurn(a: Row, b: Row): number {
  return Number(a[5]) - Number(b[5]) || (text(a[1]) < text(b[1]) ? -1 : 1);
}
