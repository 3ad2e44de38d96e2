// One `use` or `transaction` on a lease: its query runner and manager, from when they are granted until they
// end. Every statement of a task passes through here.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EntityManager, QueryRunner } from 'typeorm';
import { SkepError } from '../core/errors/skep-error.js';
import type { RunWork } from '../core/run/run-work.js';
import type { Connection, Engine, StatementGate } from './engine.js';
import { assertReading } from './read-only.js';
import { leadingWord } from './sql-words.js';
import { leavesTraces } from './traces.js';

export interface LeaseUseParts {
  readonly source: string;
  readonly readOnly: boolean;
  readonly engine: Engine;
  readonly connection: Connection;
  readonly runner: QueryRunner;
  readonly gate: StatementGate;
  /** Throws when the run has ended. */
  readonly assertOpen: () => void;
  /** What the code of the run has begun; services have none. */
  readonly work?: Pick<RunWork, 'noteFailedStatement' | 'noteRefused' | 'isUnhandled'>;
}

/** What a lease is lent for. */
export type UseKind = 'use' | 'transaction';

type RowStream = Awaited<ReturnType<QueryRunner['stream']>>;

/** What a use leaves behind: a connection to use again, one to close, or one that is still at work. */
export type Remains = 'clean' | 'soiled' | 'working';

export class LeaseUse {
  readonly manager: EntityManager;
  readonly #parts: LeaseUseParts;
  /** What is at work, by its statement. */
  readonly #statements = new Map<Promise<unknown>, string>();
  /** What statements have failed with. */
  readonly #failures: unknown[] = [];
  /** What came before a rollback that failed: after a deadlock there is no savepoint any more, and TypeORM goes on counting. */
  #unwound: unknown;
  /** Its function has returned: only the transaction around it may still end. */
  #returned = false;
  /** The first statement that came after that. */
  #late: string | undefined;
  #streams = 0;
  #soiled = false;
  #ended = false;

  constructor(parts: LeaseUseParts) {
    this.#parts = parts;
    this.manager = parts.runner.manager;
    this.#intercept(parts.runner);
  }

  /**
   * Performs the work for which the lease was taken; in a transaction, it is committed when the work has returned.
   * @throws SkepError `SKEP_WORK_NOT_AWAITED` when the work has returned before its own statements have ended: what they and those
   *   after them would write could be lost, so the transaction is rolled back.
   */
  perform<T>(kind: UseKind, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const whole = async (manager: EntityManager): Promise<T> => {
      const result = await work(manager);
      await this.#assertAwaited(kind);
      return result;
    };
    return this.#parts.gate.surround(() =>
      kind === 'use' ? whole(this.manager) : this.manager.transaction(whole),
    );
  }

  async #assertAwaited(kind: UseKind): Promise<void> {
    const [open] = this.#statements.values();
    this.#returned = true;
    // What nobody awaits asks for its first statement in this turn, and Node tells of rejections that nobody handles in it.
    await nextTurn();
    const late = open ?? this.#late;
    if (late !== undefined) throw this.#notAwaited(kind, late);
    if (openTransactions(this.#parts.runner) > (kind === 'transaction' ? 1 : 0)) {
      throw this.#unwound ?? this.#notAwaited(kind, 'a transaction inside it');
    }
    for (const error of this.#failures) if (this.#parts.work?.isUnhandled(error)) throw error;
  }

  #notAwaited(kind: UseKind, what: string): SkepError {
    const { source } = this.#parts;
    const undone = kind === 'transaction' ? '; the transaction was rolled back' : '';
    const message = `the function of a ${kind} of ${source} returned while ${what} was unfinished${undone}`;
    return new SkepError('SKEP_WORK_NOT_AWAITED', message);
  }

  /**
   * Ends the use: waits for statements that were not awaited, refuses later ones. Never rejects.
   */
  async end(): Promise<Remains> {
    this.#ended = true;
    if (this.#statements.size > 0) await Promise.allSettled(this.#statements.keys());
    this.#parts.gate.leave();
    if (this.#streams > 0) return 'working';
    const isSettled = await settled(this.#parts.gate);
    const unclean = this.#soiled || !isSettled || this.#parts.runner.isTransactionActive;
    return unclean || this.#parts.connection.lost ? 'soiled' : 'clean';
  }

  /** Ends the use now, with whatever it is doing. */
  cut(): void {
    this.#ended = true;
    this.#parts.gate.leave();
  }

  #intercept(runner: QueryRunner): void {
    const query = runner.query.bind(runner);
    const stream = runner.stream.bind(runner);
    // TypeORM declares the overloads of `query`; all of them go to this one implementation.
    runner.query = ((sql: string, parameters?: unknown[], structured?: boolean) =>
      this.#send(sql, (text) => query(text, parameters as never, structured as never))) as never;
    runner.stream = async (sql, parameters, onEnd, onError) => {
      const rows = await this.#send(sql, () => stream(sql, parameters, onEnd, onError));
      return this.#watch(rows);
    };
  }

  async #send<T>(sql: string, send: (sql: string) => Promise<T>): Promise<T> {
    const { source, readOnly, engine, connection, gate, runner } = this.#parts;
    this.#assertUsable(sql);
    if (readOnly) assertReading(sql, source, engine.dialect);
    this.#soiled ||= leavesTraces(sql, engine.dialect, runner.isTransactionActive);
    const sent = gate.pass(sql, (text) => {
      // The gate may have made it wait, and the connection may be somebody else's by now.
      this.#parts.assertOpen();
      return send(text);
    });
    this.#statements.set(sent, beginningOf(sql));
    try {
      return await sent;
    } catch (error) {
      if (this.#ended) this.#parts.assertOpen();
      const explained = engine.explain(error, connection) ?? error;
      this.#failures.push(explained);
      if (leadingWord(sql, engine.dialect) === 'ROLLBACK') this.#unwound ??= this.#failures[0];
      this.#parts.work?.noteFailedStatement(explained);
      throw explained;
    } finally {
      this.#statements.delete(sent);
    }
  }

  #assertUsable(sql: string): void {
    this.#parts.assertOpen();
    const isLate = this.#returned && !ending.has(leadingWord(sql, this.#parts.engine.dialect));
    if (!this.#ended && !isLate) return;
    this.#late ??= beginningOf(sql);
    const error = this.#over();
    // Whoever asks for it has lost it, whatever becomes of the error: the code runs beside the function that was given the manager.
    this.#parts.work?.noteRefused(error);
    throw error;
  }

  #over(): SkepError {
    const message = `${this.#parts.source}: a manager was used after the use that gave it had ended`;
    return new SkepError('SKEP_LEASE_ENDED', message);
  }

  /** A stream that is given up early leaves its rows in the connection, so only a whole one is finished. */
  #watch(rows: RowStream): RowStream {
    this.#streams += 1;
    rows.once('close', () => {
      if (rows.readableEnded) this.#streams -= 1;
    });
    return rows;
  }
}

/** Has the gate end what it has begun itself; false when that fails, as on a connection that is lost. */
async function settled(gate: StatementGate): Promise<boolean> {
  try {
    await gate.settle?.();
    return true;
  } catch {
    return false;
  }
}

/** How TypeORM ends a transaction when the function that it was begun for has returned. */
const ending = new Set(['COMMIT', 'ROLLBACK', 'RELEASE']);

/** The transactions that are open, one inside the other. */
function openTransactions(runner: QueryRunner): number {
  return runner.isTransactionActive ? Number(Reflect.get(runner, 'transactionDepth')) : 0;
}

/** Enough to find a statement by; values come after it. */
function beginningOf(sql: string): string {
  return `${sql.trim().split(/\s+/, 3).join(' ').slice(0, 60)} …`;
}
