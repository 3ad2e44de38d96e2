// The scope of one run: a child container, and everything that must be disposed with it.
import type { DependencyContainer } from 'tsyringe';
import { SkepError } from '../errors/skep-error.js';
import type { LedgerSummary } from '../execution.js';
import { settleWithin } from '../within.js';
import { sumLedgers } from './ledgers.js';
import { RunWork } from './run-work.js';

/** In this order: what the task itself opened, external sources, the application's own database. */
const phases = ['task', 'external', 'application'] as const;
const nothingWrong: Promise<DisposalWarning[]> = Promise.resolve([]);
export type DisposalPhase = (typeof phases)[number];

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

/** What all scopes of a process are made of. */
export interface ScopeFactory {
  readonly root: DependencyContainer;
  readonly extensions: readonly ScopeExtension[];
  /** Bound of each step of disposal, milliseconds. */
  readonly disposeTimeoutMs: number;
}

/** Child container and disposal stack of one run. Opening it connects nothing. */
export class RunScope {
  readonly container: DependencyContainer;
  readonly identity: RunIdentity;
  /** What the code of this scope has begun. */
  readonly work: RunWork;
  readonly #factory: ScopeFactory;
  readonly #parts: readonly ScopePart[];
  readonly #stacks: Record<DisposalPhase, Disposal[]> = {
    task: [],
    external: [],
    application: [],
  };
  /** Scopes of tasks that were called from inside this run; they live and end within it. */
  readonly #inner = new Set<RunScope>();
  /** The account of inner scopes that are closed already. */
  #closedInner = sumLedgers([]);
  #closed = false;
  #closing: Promise<DisposalWarning[]> | undefined;

  constructor(factory: ScopeFactory, identity: RunIdentity) {
    this.#factory = factory;
    this.identity = identity;
    this.work = new RunWork(identity);
    this.container = factory.root.createChildContainer();
    this.#parts = factory.extensions.map((extension) => extension.open(this));
  }

  /** True from the moment disposal begins, or earlier: once the code has ended with work that was unfinished. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * The code of this scope has ended. What it has left unfinished is cut off, and nothing more may begin; its dispatches are waited
   * for.
   * @returns why the attempt fails, although the code itself may have ended well.
   */
  endWork(): Promise<{ readonly error: unknown } | undefined> {
    this.work.cutOff();
    this.#close();
    return this.work.settle();
  }

  #close(): void {
    this.#closed = true;
    for (const inner of this.#inner) inner.#close();
  }

  /** @throws SkepError `SKEP_SCOPE_CLOSED` when the run has ended. */
  assertOpen(what: string): void {
    if (!this.#closed) return;
    this.work.noteLate(what);
    const { task, executionId, attempt } = this.identity;
    throw new SkepError(
      'SKEP_SCOPE_CLOSED',
      `${what} was used after attempt ${attempt} of ${task} (${executionId}) had ended`,
    );
  }

  /**
   * Adds a step of disposal. Steps run last in, first out, phase by phase.
   * @throws SkepError `SKEP_SCOPE_CLOSED` when the run has ended.
   */
  onDispose(name: string, phase: DisposalPhase, dispose: Disposal['dispose']): void {
    this.assertOpen(name);
    this.#stacks[phase].push({ name, dispose });
  }

  /**
   * Opens the scope of a task that is called from inside this run.
   * @throws SkepError `SKEP_SCOPE_CLOSED` when the run has ended.
   */
  openInner(task: string): RunScope {
    this.assertOpen(`a call of ${task}`);
    const inner = new RunScope(this.#factory, { ...this.identity, task });
    this.#inner.add(inner);
    return inner;
  }

  /** Disposes an inner scope and keeps of it only its account. Returns what went wrong. */
  async closeInner(inner: RunScope): Promise<DisposalWarning[]> {
    // When this scope is being disposed, it disposes the inner one and tells its warnings itself.
    if (this.#closed) return [];
    const warnings = await inner.dispose();
    if (this.#inner.delete(inner))
      this.#closedInner = sumLedgers([this.#closedInner, inner.ledger()]);
    return warnings;
  }

  /** Ends the run's work outside the process; never rejects, bounded like a step of disposal. */
  async kill(): Promise<DisposalWarning[]> {
    const own = this.#parts.map(async (part) => {
      const error = await settleWithin(() => part.kill(), this.#factory.disposeTimeoutMs);
      return error === undefined ? [] : [{ name: 'kill', error }];
    });
    return (await Promise.all([...own, ...[...this.#inner].map((inner) => inner.kill())])).flat();
  }

  /**
   * Disposes everything, always: each step is bounded in time and a failing one neither skips the next nor
   * rejects. Returns what went wrong; a second call waits for the first and returns the same.
   */
  dispose(): Promise<DisposalWarning[]> {
    this.#closed = true;
    this.work.end();
    this.#closing ??= this.#isEmpty ? nothingWrong : this.#disposeAll();
    return this.#closing;
  }

  get #isEmpty(): boolean {
    return this.#inner.size === 0 && phases.every((phase) => this.#stacks[phase].length === 0);
  }

  async #disposeAll(): Promise<DisposalWarning[]> {
    const warnings: DisposalWarning[] = [];
    for (const inner of this.#inner) warnings.push(...(await inner.dispose()));
    for (const phase of phases) {
      const stack = this.#stacks[phase];
      for (let step = stack.pop(); step; step = stack.pop()) {
        const error = await settleWithin(step.dispose, this.#factory.disposeTimeoutMs);
        if (error !== undefined) warnings.push({ name: step.name, error });
      }
    }
    return warnings;
  }

  /** The account of all leases, those of inner scopes included; complete once the scope is disposed. */
  ledger(): LedgerSummary {
    return sumLedgers([
      ...this.#parts.map((part) => part.ledger()),
      this.#closedInner,
      ...[...this.#inner].map((inner) => inner.ledger()),
    ]);
  }
}
