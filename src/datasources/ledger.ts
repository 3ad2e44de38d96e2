// The ledger: which connections a run held and how each ended; and the account of a whole process.
import type { LedgerSummary } from '../core/execution.js';

/**
 * How a lease ended. `closed`: the other side let go, or the connection went back to its pool.
 * `killed`: the server was told to end it, and confirmed. `leaked`: neither could be proven.
 */
export type LeaseEnd = 'closed' | 'killed' | 'leaked';

/** One connection that a run held. Times are milliseconds since 1970 UTC. */
export interface LeaseRecord {
  readonly source: string;
  readonly connectionId: number;
  readonly openedAt: number;
  /** Set when the lease has ended; with a shared lifetime the run may take the same connection again. */
  readonly end?: LeaseEnd;
  readonly endedAt?: number;
}

/** Is told of every lease of a run at once. */
export interface LeaseListener {
  opened(source: string, connectionId: number): void;
  ended(source: string, connectionId: number, end: LeaseEnd): void;
}

type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** Leases of one run. Its size is bounded by the number of connections, not of uses. */
export class Ledger {
  /** By what stands for the connection. */
  readonly #records = new Map<object, Changing<LeaseRecord>>();
  readonly #now: () => number;
  readonly #listener: LeaseListener | undefined;

  constructor(now: () => number, listener?: LeaseListener) {
    this.#now = now;
    this.#listener = listener;
  }

  opened(source: string, connection: { readonly id: number }): void {
    this.#listener?.opened(source, connection.id);
    const known = this.#records.get(connection);
    if (known) delete known.end;
    else
      this.#records.set(connection, { source, connectionId: connection.id, openedAt: this.#now() });
  }

  ended(connection: object, end: LeaseEnd): void {
    const record = this.#records.get(connection);
    if (record === undefined) return;
    Object.assign(record, { end, endedAt: this.#now() });
    this.#listener?.ended(record.source, record.connectionId, end);
  }

  get records(): readonly LeaseRecord[] {
    return [...this.#records.values()].map((record) => ({ ...record }));
  }

  /** @param final true once the run is disposed: what has no end then has leaked. */
  summary(final: boolean): LedgerSummary {
    const sum = { opened: this.#records.size, closed: 0, killed: 0, leaked: 0 };
    for (const { end } of this.#records.values()) {
      if (end !== undefined) sum[end] += 1;
      else if (final) sum.leaked += 1;
    }
    return sum;
  }
}

/** Connections of a source or a process since it began. */
export interface ConnectionAccount extends LedgerSummary {
  /** Open now: leased, or warm in a pool. */
  readonly open: number;
}

/** Sums accounts. */
export function sumAccounts(accounts: readonly ConnectionAccount[]): ConnectionAccount {
  const sum = { opened: 0, closed: 0, killed: 0, leaked: 0, open: 0 };
  for (const account of accounts) {
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += account[key];
  }
  return sum;
}
