// Lets the statements of one use of a read-only source through, on a server: each inside a transaction that the server itself
// keeps read only. It is begun here, by name, and never by what a session has as its default, which a function may change.
import { QueryFailedError } from 'typeorm';
import type { StatementGate } from '../engine.js';
import type { Dialect } from '../scoped-data-source.js';
import { leadingWord, sqlWords } from '../sql-words.js';

/** How an engine begins and ends such a transaction, past the query runner. */
export interface ReadOnlySession {
  /**
   * Begins one in which nothing can be made to write any more.
   * @param level of isolation, such as `SERIALIZABLE`: that of the session when absent
   */
  begin(level?: string): Promise<unknown>;
  end(): Promise<unknown>;
}

export interface ReadOnlyGateParts {
  readonly dialect: Dialect;
  readonly session: ReadOnlySession;
  /** Of a transaction that a task begins without naming one; that of the session when absent. */
  readonly wholeLevel?: string;
}

export class ReadOnlyGate implements StatementGate {
  readonly #parts: ReadOnlyGateParts;
  #isOpen = false;
  /** The task has begun a transaction, which goes on when a statement fails. */
  #isWhole = false;
  /** What the task has set for its next transaction. */
  #level: string | undefined;

  constructor(parts: ReadOnlyGateParts) {
    this.#parts = parts;
  }

  async pass<T>(sql: string, send: (sql: string) => Promise<T>): Promise<T> {
    switch (leadingWord(sql, this.#parts.dialect)) {
      case 'BEGIN':
      case 'START':
        await this.settle();
        await this.#begin(this.#level ?? this.#parts.wholeLevel);
        this.#isWhole = true;
        return nothing();
      case 'SET':
        return this.#setLevel(sql);
      case 'COMMIT':
      case 'END':
        await this.settle();
        return nothing();
      case 'ROLLBACK':
        if (this.#words(sql).includes('TO')) break;
        await this.settle();
        return nothing();
    }
    if (!this.#isOpen) await this.#begin(undefined);
    try {
      return await send(sql);
    } catch (error) {
      // Outside of a transaction of the task's own, one statement that fails does not end the others.
      // What the statement says of a connection that is lost must not be hidden by the end that is lost with it.
      if (!this.#isWhole) await this.settle().catch(() => undefined);
      throw error;
    }
  }

  surround<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  leave(): void {
    // It holds no lock of this process.
  }

  async settle(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#isWhole = false;
    await this.#parts.session.end();
  }

  async #begin(level: string | undefined): Promise<void> {
    try {
      await this.#parts.session.begin(level);
      this.#isOpen = true;
    } catch (error) {
      // As if the query runner had sent it: what is known of a lost connection is read from that.
      throw error instanceof Error ? new QueryFailedError('BEGIN READ ONLY', [], error) : error;
    }
  }

  /** `SET TRANSACTION ISOLATION LEVEL …`: before the transaction on MariaDB, as its first statement on PostgreSQL. */
  async #setLevel<T>(sql: string): Promise<T> {
    this.#level = this.#words(sql).slice(4).join(' ');
    if (!this.#isWhole) return nothing();
    await this.settle();
    await this.#begin(this.#level);
    this.#isWhole = true;
    return nothing();
  }

  #words(sql: string): readonly string[] {
    return (sqlWords(sql, this.#parts.dialect) ?? []).filter((word) => word !== ';');
  }
}

/** TypeORM makes nothing of what these statements give. */
const nothing = <T>(): T => undefined as T;
