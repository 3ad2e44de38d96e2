// The scope of one run: a child container, and everything that must be disposed with it.
import type { DependencyContainer } from 'tsyringe';
import { SkepError } from '../errors/skep-error.js';
import type { LedgerSummary } from '../execution.js';
import { settleWithin } from '../within.js';

/** External sources are disposed before the application's own database (DESIGN, invariant 2). */
export type DisposalPhase = 'external' | 'application';

interface Disposal {
  readonly name: string;
  readonly dispose: () => Promise<void> | void;
}

/** A step of disposal that failed or did not end in time. A warning: it changes no outcome. */
export interface DisposalWarning {
  readonly name: string;
  readonly error: unknown;
}

/** The part of a scope that an extension looks after, such as the leases of all data sources. */
export interface ScopePart {
  /** Ends what is still working outside the process (server-side queries). Called when the run is ended by force. */
  kill(): Promise<void>;
  /** The account of what this part opened. */
  ledger(): LedgerSummary;
}

/** Contributes to every scope when it opens; must be cheap and open nothing by itself. */
export interface ScopeExtension {
  open(scope: RunScope): ScopePart;
}

export interface RunIdentity {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
}

const phases: readonly DisposalPhase[] = ['external', 'application'];

/** Child container and disposal stack of one run. */
export class RunScope {
  readonly container: DependencyContainer;
  readonly #stacks: Record<DisposalPhase, Disposal[]> = { external: [], application: [] };
  readonly #parts: readonly ScopePart[];
  #closed = false;

  constructor(
    root: DependencyContainer,
    readonly identity: RunIdentity,
    extensions: readonly ScopeExtension[],
    readonly disposeTimeoutMs: number,
  ) {
    this.container = root.createChildContainer();
    this.#parts = extensions.map((extension) => extension.open(this));
  }

  /** True from the moment disposal begins. */
  get closed(): boolean {
    return this.#closed;
  }

  /** @throws SkepError `SKEP_SCOPE_CLOSED` when the run has ended. */
  assertOpen(what: string): void {
    if (this.#closed) {
      const { task, executionId, attempt } = this.identity;
      throw new SkepError(
        'SKEP_SCOPE_CLOSED',
        `${what} was used after attempt ${attempt} of ${task} (${executionId}) had ended`,
      );
    }
  }

  /**
   * Adds a step of disposal. Steps run last in, first out, external ones before those of the application.
   * @throws SkepError `SKEP_SCOPE_CLOSED` when the run has ended.
   */
  onDispose(name: string, phase: DisposalPhase, dispose: Disposal['dispose']): void {
    this.assertOpen(name);
    this.#stacks[phase].push({ name, dispose });
  }

  /** Ends the run's work outside the process; never rejects, bounded like a step of disposal. */
  async kill(): Promise<DisposalWarning[]> {
    const warnings: DisposalWarning[] = [];
    await Promise.all(
      this.#parts.map(async (part) => {
        const error = await settleWithin(() => part.kill(), this.disposeTimeoutMs);
        if (error !== undefined) warnings.push({ name: 'kill', error });
      }),
    );
    return warnings;
  }

  /**
   * Disposes everything, always: each step is bounded in time and a failing one neither skips the next nor
   * rejects. Returns what went wrong. A second call does nothing.
   */
  async dispose(): Promise<DisposalWarning[]> {
    if (this.#closed) return [];
    this.#closed = true;
    const warnings: DisposalWarning[] = [];
    for (const phase of phases) {
      const stack = this.#stacks[phase];
      for (let step = stack.pop(); step; step = stack.pop()) {
        const error = await settleWithin(step.dispose, this.disposeTimeoutMs);
        if (error !== undefined) warnings.push({ name: step.name, error });
      }
    }
    this.container.clearInstances();
    return warnings;
  }

  /** The account of all leases, complete once the scope is disposed. */
  ledger(): LedgerSummary {
    const sum = { opened: 0, closed: 0, killed: 0, leaked: 0 };
    for (const part of this.#parts) {
      const one = part.ledger();
      sum.opened += one.opened;
      sum.closed += one.closed;
      sum.killed += one.killed;
      sum.leaked += one.leaked;
    }
    return sum;
  }
}
