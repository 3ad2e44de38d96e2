// The leases that one run has of a source: taken when they are needed, kept for the run or given back, and all ended when
// the run ends.
import type { EntityManager } from 'typeorm';
import type { RunWork } from '../core/run/run-work.js';
import type { DataSourceDefinition } from './definition.js';
import type { Ending, Lease } from './lease-pool.js';
import { LeaseUse, type UseKind } from './lease-use.js';
import type { LeaseEnd, Ledger } from './ledger.js';
import type { Patience } from './permits.js';
import type { Source } from './source.js';

/** The run that a handle belongs to. */
export interface OwningRun extends Patience {
  readonly leases: Ledger;
  /** What the code of the run has begun. */
  readonly work: RunWork;
  /** @throws SkepError `SKEP_SCOPE_CLOSED` when the run is over. */
  assertOpen(what: string): void;
  onDispose(definition: DataSourceDefinition, dispose: () => Promise<void>): void;
  /** Ends all waiting for locks and connections. */
  abort(): void;
}

interface IdleLease {
  readonly lease: Lease;
  readonly since: number;
}

export class SourceLeases {
  readonly #source: Source;
  readonly #run: OwningRun;
  readonly #busy = new Map<Lease, LeaseUse | undefined>();
  readonly #idle: IdleLease[] = [];
  readonly #opening = new Set<Promise<unknown>>();
  readonly #ending = new Set<Promise<unknown>>();

  constructor(source: Source, run: OwningRun) {
    this.#source = source;
    this.#run = run;
    run.onDispose(source.definition, () => this.#dispose());
  }

  /** Ends what is at work on the server now. */
  async kill(): Promise<void> {
    await Promise.all([...this.#busy.keys()].map((lease) => this.#end(lease, 'kill')));
  }

  /** Lends a lease to a piece of work. */
  async lend<T>(kind: UseKind, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const lease = await this.#take();
    const use = await this.#begin(lease);
    try {
      return await use.perform(kind, work);
    } finally {
      await this.#giveBack(lease, use);
    }
  }

  #take(): Promise<Lease> {
    const taking = this.#acquire();
    return tracked(this.#opening, taking);
  }

  async #acquire(): Promise<Lease> {
    const lease = (await this.#fromIdle()) ?? (await this.#source.pool.acquire(this.#run));
    this.#run.leases.opened(this.#source.name, lease.connection);
    this.#busy.set(lease, undefined);
    if (this.#run.over) {
      await this.#end(lease, 'close');
      this.#run.assertOpen(this.#source.name);
    }
    return lease;
  }

  async #fromIdle(): Promise<Lease | undefined> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (await this.#source.pool.answers(idle.lease.connection, idle.since)) return idle.lease;
      await this.#end(idle.lease, 'close');
    }
    return undefined;
  }

  async #begin(lease: Lease): Promise<LeaseUse> {
    const { connection } = lease;
    const { definition, engine, orm } = this.#source;
    try {
      const runner = await orm.runnerOn(connection);
      this.#run.assertOpen(this.#source.name);
      const use = new LeaseUse({
        source: definition.name,
        readOnly: definition.readOnly,
        engine,
        connection,
        runner,
        gate: engine.gate(connection, this.#run),
        assertOpen: () => this.#run.assertOpen(this.#source.name),
        work: this.#run.work,
      });
      this.#busy.set(lease, use);
      return use;
    } catch (error) {
      if (this.#busy.has(lease)) await this.#end(lease, 'discard');
      throw engine.explain(error, connection) ?? error;
    }
  }

  async #giveBack(lease: Lease, use: LeaseUse): Promise<void> {
    const remains = await use.end();
    // Meanwhile the run may have ended, and its disposal has taken the lease.
    if (!this.#busy.has(lease)) return;
    if (remains === 'working') await this.#end(lease, 'kill');
    else if (remains === 'soiled') await this.#end(lease, 'discard');
    else if (this.#source.shared) await this.#leave(lease, this.#source.pool.giveBack(lease));
    else {
      this.#busy.delete(lease);
      this.#idle.push({ lease, since: performance.now() });
    }
  }

  async #dispose(): Promise<void> {
    this.#run.abort();
    do {
      for (const { lease } of this.#idle.splice(0)) void this.#end(lease, 'close');
      for (const lease of this.#busy.keys()) void this.#end(lease, 'kill');
      await Promise.allSettled([...this.#opening, ...this.#ending]);
    } while (this.#idle.length + this.#busy.size > 0);
  }

  #end(lease: Lease, how: Ending): Promise<void> {
    this.#busy.get(lease)?.cut();
    return this.#leave(lease, this.#source.pool.end(lease, how));
  }

  /** The lease is no longer this run's; the ledger learns how it ended. */
  #leave(lease: Lease, ending: Promise<LeaseEnd>): Promise<void> {
    this.#busy.delete(lease);
    const ended = ending.then((end) => this.#run.leases.ended(lease.connection, end));
    return tracked(this.#ending, ended);
  }
}

async function tracked<T>(set: Set<Promise<unknown>>, step: Promise<T>): Promise<T> {
  set.add(step);
  try {
    return await step;
  } finally {
    set.delete(step);
  }
}
