// One `use` or `transaction` on a lease: its query runner and manager, from when they are granted until they
// end. Every statement of a task passes through here.
import type { EntityManager, QueryRunner } from 'typeorm';
import { SkepError } from '../core/errors/skep-error.js';
import type { Connection, Engine, StatementGate } from './engine.js';
import { assertReading } from './read-only.js';
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
}

type RowStream = Awaited<ReturnType<QueryRunner['stream']>>;

/** What a use leaves behind: a connection to use again, one to close, or one that is still at work. */
export type Remains = 'clean' | 'soiled' | 'working';

export class LeaseUse {
  readonly manager: EntityManager;
  readonly #parts: LeaseUseParts;
  readonly #statements = new Set<Promise<unknown>>();
  #streams = 0;
  #soiled = false;
  #ended = false;
  #cut = false;

  constructor(parts: LeaseUseParts) {
    this.#parts = parts;
    this.manager = parts.runner.manager;
    this.#intercept(parts.runner);
  }

  /** Performs the work for which the lease was taken. */
  perform<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#parts.gate.surround(() => work(this.manager));
  }

  /**
   * Ends the use: waits for statements that were not awaited, refuses later ones. Never rejects.
   */
  async end(): Promise<Remains> {
    this.#ended = true;
    if (this.#statements.size > 0) await Promise.allSettled(this.#statements);
    this.#parts.gate.leave();
    if (this.#streams > 0) return 'working';
    const unclean = this.#soiled || this.#parts.runner.isTransactionActive;
    return unclean || this.#parts.connection.lost ? 'soiled' : 'clean';
  }

  /** Ends the use now, with whatever it is doing. */
  cut(): void {
    this.#ended = true;
    this.#cut = true;
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
    this.#assertUsable();
    if (readOnly) assertReading(sql, source, engine.dialect);
    this.#soiled ||= leavesTraces(sql, engine.dialect, runner.isTransactionActive);
    const sent = gate.pass(sql, (text) => {
      // The gate may have made it wait, and the connection may be somebody else's by now.
      this.#parts.assertOpen();
      if (this.#cut) throw this.#over();
      return send(text);
    });
    this.#statements.add(sent);
    try {
      return await sent;
    } catch (error) {
      if (this.#ended) this.#parts.assertOpen();
      throw engine.explain(error, connection) ?? error;
    } finally {
      this.#statements.delete(sent);
    }
  }

  #assertUsable(): void {
    this.#parts.assertOpen();
    if (this.#ended) throw this.#over();
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
