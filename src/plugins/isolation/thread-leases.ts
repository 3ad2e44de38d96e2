// The connections that the runs of one thread hold, as the main thread knows them: it can end them on their servers
// whatever the thread is doing.
import type { LedgerSummary } from '../../core/execution.js';
import type { Logger } from '../../core/log/logger.js';
import { settleWithin } from '../../core/within.js';
import type { LeaseEnd } from '../../datasources/index.js';

/** Ends a connection on its server. */
export type KillConnection = (source: string, connectionId: number) => Promise<void>;

interface KnownLease {
  readonly run: number;
  readonly source: string;
  readonly connectionId: number;
  end?: LeaseEnd;
  killing?: Promise<void>;
}

export class ThreadLeases {
  readonly #leases = new Map<string, KnownLease>();
  readonly #kill: KillConnection;
  readonly #logger: Logger;

  constructor(kill: KillConnection, logger: Logger) {
    this.#kill = kill;
    this.#logger = logger;
  }

  opened(run: number, source: string, connectionId: number): void {
    this.#leases.set(`${source} ${connectionId}`, { run, source, connectionId });
  }

  /** What the thread says of it. What the server was told from here holds, whatever of it the thread has seen. */
  ended(source: string, connectionId: number, end: LeaseEnd): void {
    const lease = this.#leases.get(`${source} ${connectionId}`);
    if (lease && lease.end !== 'killed') lease.end = end;
  }

  /** Forgets what has ended by the end of a run. */
  forget(): void {
    for (const [key, { end }] of this.#leases) if (end !== undefined) this.#leases.delete(key);
  }

  /** Ends every open connection of the thread on its server. Never rejects; what takes longer goes on. */
  async kill(timeoutMs: number): Promise<void> {
    const open = [...this.#leases.values()].filter(({ end }) => end === undefined);
    if (open.length === 0) return;
    await settleWithin(() => Promise.all(open.map((lease) => this.#end(lease))), timeoutMs);
  }

  #end(lease: KnownLease): Promise<void> {
    const { source, connectionId } = lease;
    lease.killing ??= this.#kill(source, connectionId).then(
      () => {
        lease.end = 'killed';
      },
      (error: unknown) => {
        delete lease.killing;
        const message = 'a connection could not be killed on the server';
        this.#logger.warn(message, { source, connectionId, error });
      },
    );
    return lease.killing;
  }

  /** The account of a run whose thread is gone. */
  account(run: number): LedgerSummary {
    const own = [...this.#leases.values()].filter((lease) => lease.run === run);
    const sum = { opened: own.length, closed: 0, killed: 0, leaked: 0 };
    for (const { end } of own) sum[end ?? 'leaked'] += 1;
    return sum;
  }
}
