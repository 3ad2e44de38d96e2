// The SQL of the embedded queue: one method per statement, each prepared once. Knows no transactions; see group-commit.
import type { ExecutionView, FinalState } from '../../../core/execution.js';
import type { QueueView } from '../../../core/ports/broker.js';
import type { Connection, Row } from './connection.js';
import type { Entry } from './entry.js';
import { executionColumns, executionView } from './execution-row.js';
import { finalList, waiting } from './schema.js';

/** An execution as it was claimed; `fence` tells this claim from every other. */
export interface Claim {
  readonly seq: number;
  readonly id: string;
  readonly queue: string;
  readonly envelope: string;
  readonly crashes: number;
  readonly fence: number;
  /** It was to be cancelled during an earlier claim. */
  readonly cancelled: boolean;
  /** As in the port. */
  readonly unknownSince: number | undefined;
}

/** What an attempt came to, ready to be written. */
export interface WrittenReport {
  readonly attempt: number;
  readonly json: string;
}

const unclaim = `UPDATE executions
  SET state = 'queued', attempt = attempt - 1, started_at = NULL, worker = NULL`;
/** Who hands it back now does know its task. */
const known = `report = CASE WHEN json_valid(report) AND json_extract(report, '$.unknownSince') IS NOT NULL
    THEN NULL ELSE report END`;
const held = "seq = ? AND id = ? AND fence = ? AND state = 'running'";

export type QueueLoad = Pick<QueueView, 'waiting' | 'delayed' | 'active'>;

export class Store {
  readonly #statements: ReturnType<typeof prepareAll>;

  constructor(connection: Connection) {
    this.#statements = prepareAll(connection);
  }

  /** Changes when another connection, in this or another process, has committed. */
  dataVersion(): number {
    return Number(this.#statements.dataVersion()[0]?.[0]);
  }

  /** False when the id is known already; what it stands for is left as it is. */
  insert({ envelope, json, availableAt }: Entry): boolean {
    const { id, queue, task, attempt, dispatchedAt } = envelope;
    const at = Math.round(dispatchedAt);
    return this.#statements.insert(id, queue, task, availableAt, attempt - 1, at, json) === 1;
  }

  /** Takes up to `limit` due executions of a queue, oldest first. */
  claim(queue: string, limit: number, worker: string, now: number): Claim[] {
    const rows = this.#statements.claim(now, worker, queue, now, limit);
    return rows.sort(byTurn).map((row) => claimOf(row, queue));
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

  /** Like {@link putOff}; it waits for a worker that knows its task, since then. */
  putOffUnknown(claim: Claim, earliest: number, unknownSince: number): boolean {
    return this.#statements.putOffUnknown(earliest, unknownSince, ...key(claim)) === 1;
  }

  /** Makes what waits for its time available at once. Returns its queue, or undefined when it does not wait. */
  bringForward(id: string, now: number): string | undefined {
    const queue = this.#statements.bringForward(now, id, now)[0]?.[0];
    return queue === undefined ? undefined : String(queue);
  }

  /** The attempts and the envelope of what waits; undefined when it does not. */
  waiting(id: string): { attempt: number; envelope: string } | undefined {
    const row = this.#statements.waiting(id)[0];
    return row === undefined ? undefined : { attempt: Number(row[0]), envelope: String(row[1]) };
  }

  /** Ends what waits. False when it does not. */
  cancelWaiting(id: string, report: string, now: number): boolean {
    return this.#statements.cancelWaiting(report, now, id) === 1;
  }

  /** Notes that what is running is to be cancelled. False when it is not running. */
  requestCancel(id: string): boolean {
    return this.#statements.requestCancel(id) === 1;
  }

  /** What is running and was asked to be cancelled. */
  cancelledRunning(): string[] {
    return this.#statements.cancelledRunning().map(([id]) => String(id));
  }

  /** Some of what is running, oldest dispatch first: what {@link recoverCrashed} would queue again. */
  running(limit: number): { readonly id: string; readonly task: string }[] {
    return this.#statements
      .running(limit)
      .map(([id, task]) => ({ id: String(id), task: String(task) }));
  }

  /** Queues again what a dead owner held, one crash more each. Returns how many. */
  recoverCrashed(now: number): number {
    return this.#statements.recoverCrashed(now);
  }

  knows(id: string): boolean {
    return this.#statements.knows(id).length > 0;
  }

  find(id: string): ExecutionView | undefined {
    const row = this.#statements.find(id)[0];
    return row === undefined ? undefined : executionView(row);
  }

  /** Whether each of these ids is final; one that is not known is left out. */
  finality(ids: readonly string[]): Map<string, boolean> {
    const rows = this.#statements.finality(JSON.stringify(ids));
    return new Map(rows.map(([id, final]) => [String(id), final === 1]));
  }

  hasUnfinished(): boolean {
    return this.#statements.anyUnfinished().length > 0;
  }

  /** What each queue holds that is unfinished. */
  load(now: number): Map<string, QueueLoad> {
    const active = this.#countsOf('active');
    const pending = this.#countsOf('pending');
    const names = new Set([...active.keys(), ...pending.keys()]);
    const loads = [...names].map((name): [string, QueueLoad] => {
      const delayed = Number(this.#statements.delayed(name, now)[0]?.[0]);
      const waitingNow = (pending.get(name) ?? 0) - delayed;
      return [name, { waiting: waitingNow, delayed, active: active.get(name) ?? 0 }];
    });
    return new Map(loads);
  }

  #countsOf(what: 'active' | 'pending'): Map<string, number> {
    return new Map(this.#statements[what]().map(([name, count]) => [String(name), Number(count)]));
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
       RETURNING seq, id, envelope, crashes, fence, cancelled,
         available_at, CASE WHEN json_valid(report) THEN json_extract(report, '$.unknownSince') END`,
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
    handBack: change(`${unclaim}, ${known}, available_at = min(available_at, ?) WHERE ${held}`),
    putOff: change(`${unclaim}, ${known}, available_at = max(available_at, ?) WHERE ${held}`),
    // In the report, so that the file needs no column that an older version would not take.
    putOffUnknown: change(
      `${unclaim}, available_at = max(available_at, ?),
         report = json_object('attempt', attempt - 1, 'unknownSince', ?) WHERE ${held}`,
    ),
    bringForward: select(
      `UPDATE executions SET available_at = ? WHERE id = ? AND ${waiting} AND available_at > ?
       RETURNING queue`,
    ),
    waiting: select(`SELECT attempt, envelope FROM executions WHERE id = ? AND ${waiting}`),
    cancelWaiting: change(
      `UPDATE executions SET state = 'cancelled', report = ?, finished_at = ?
       WHERE id = ? AND ${waiting}`,
    ),
    requestCancel: change("UPDATE executions SET cancelled = 1 WHERE id = ? AND state = 'running'"),
    cancelledRunning: select(
      `SELECT id FROM executions INDEXED BY executions_running
       WHERE state = 'running' AND cancelled = 1`,
    ),
    running: select(
      `SELECT id, task FROM executions INDEXED BY executions_running
       WHERE state = 'running' ORDER BY seq LIMIT ?`,
    ),
    recoverCrashed: change(
      `UPDATE executions
       SET state = 'queued', available_at = min(available_at, ?), crashes = crashes + 1
       WHERE state = 'running'`,
    ),
    knows: select('SELECT 1 FROM executions WHERE id = ?'),
    find: select(`SELECT ${executionColumns} FROM executions WHERE id = ?`),
    finality: select(
      `SELECT id, state IN (${finalList}) FROM executions
       WHERE id IN (SELECT value FROM json_each(?))`,
    ),
    // One statement, for one snapshot: between two, another process may hand back what was running. A union, because an
    // OR would read the whole history.
    anyUnfinished: select(
      `SELECT 1 FROM (SELECT 1 FROM executions INDEXED BY executions_waiting WHERE ${waiting} LIMIT 1)
       UNION ALL SELECT 1 FROM (SELECT 1 FROM executions WHERE state = 'running' LIMIT 1)`,
    ),
    active: select(`SELECT queue, count(*) FROM executions WHERE state = 'running' GROUP BY queue`),
    pending: select(`SELECT queue, count(*) FROM executions WHERE ${waiting} GROUP BY queue`),
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

function claimOf(
  [seq, id, envelope, crashes, fence, cancelled, , unknownSince]: Row,
  queue: string,
): Claim {
  return {
    seq: Number(seq),
    id: String(id),
    queue,
    envelope: String(envelope),
    crashes: Number(crashes),
    fence: Number(fence),
    cancelled: cancelled === 1,
    unknownSince: typeof unknownSince === 'number' ? unknownSince : undefined,
  };
}

/** RETURNING promises no order. */
function byTurn(a: Row, b: Row): number {
  return Number(a[6]) - Number(b[6]) || (String(a[1]) < String(b[1]) ? -1 : 1);
}
