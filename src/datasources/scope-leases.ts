// What one run holds of all data sources: its handles, its ledger, and the signal that ends its waiting.
import { SkepError } from '../core/errors/skep-error.js';
import type { LedgerSummary } from '../core/execution.js';
import type { RunWork } from '../core/run/run-work.js';
import type { RunScope, ScopePart } from '../core/run/scope.js';
import type { DataSourceDefinition } from './definition.js';
import { type LeaseListener, type LeaseRecord, Ledger } from './ledger.js';
import { ScopedSource } from './scoped-source.js';
import type { Source } from './source.js';
import type { OwningRun } from './source-leases.js';

export class ScopeLeases implements ScopePart, OwningRun {
  readonly leases: Ledger;
  readonly work: RunWork;
  readonly #scope: RunScope;
  readonly #handles: readonly ScopedSource[];
  #controller: AbortController | undefined;
  #killed = false;

  constructor(
    scope: RunScope,
    sources: readonly Source[],
    now: () => number,
    listener?: LeaseListener,
  ) {
    this.#scope = scope;
    this.work = scope.work;
    this.leases = new Ledger(now, listener);
    this.#handles = sources.map((source) => {
      const handle = new ScopedSource(source, this);
      scope.container.registerInstance(source.definition.injectionToken, handle);
      return handle;
    });
  }

  /** True once the run is over for its data sources: it is being disposed, or was ended by force. */
  get over(): boolean {
    return this.#killed || this.#scope.closed;
  }

  /** Aborts when the run is over. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.over) this.abort();
    }
    return this.#controller.signal;
  }

  assertOpen(what: string): void {
    this.#scope.assertOpen(what);
    if (this.#killed) throw this.#ended(what);
  }

  onDispose({ name, role }: DataSourceDefinition, dispose: () => Promise<void>): void {
    this.#scope.onDispose(name, role, dispose);
  }

  abort(): void {
    this.#controller?.abort(this.#ended('a data source'));
  }

  async kill(): Promise<void> {
    this.#killed = true;
    this.abort();
    await Promise.all(this.#handles.map((handle) => handle.kill()));
  }

  ledger(): LedgerSummary {
    return this.leases.summary(this.#scope.closed);
  }

  records(): readonly LeaseRecord[] {
    return this.leases.records;
  }

  #ended(what: string): SkepError {
    const { task, executionId, attempt } = this.#scope.identity;
    const message = `${what}: attempt ${attempt} of ${task} (${executionId}) had ended`;
    return new SkepError('SKEP_SCOPE_CLOSED', message);
  }
}
