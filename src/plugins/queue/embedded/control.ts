// What people and workers ask of the embedded queue beside dispatching and consuming: pause and resume queues, cancel
// executions, tell of workers.
import type { ExecutionView } from '../../../core/execution.js';
import type { BrokerFacts, Cancellation, QueueView } from '../../../core/ports/broker.js';
import type { WorkerStatus } from '../../../core/ports/control.js';
import { cancelledReport } from '../../../core/run/cancelled-report.js';
import type { Seams } from '../../../core/seams.js';
import type { Claimer } from './claimer.js';
import type { ControlStore } from './control-store.js';
import { examineQueue } from './examine.js';
import { parseJson } from './execution-row.js';
import type { GroupCommit } from './group-commit.js';
import type { HeldExecutions } from './held.js';
import type { Retention } from './retention.js';
import type { Store } from './store.js';
import type { UniqueKeys } from './unique-keys.js';
import { unknownExecution, type Waiters } from './waiters.js';

export interface ControlParts {
  readonly store: Store;
  readonly control: ControlStore;
  readonly uniques: UniqueKeys;
  readonly held: HeldExecutions;
  readonly group: GroupCommit;
  readonly claimer: Claimer;
  readonly waiters: Waiters;
  readonly retention: Retention;
  readonly seams: Pick<Seams, 'now'>;
  readonly worker: string;
}

export class Control {
  readonly #parts: ControlParts;
  readonly #announced = new Set<string>();

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  async pause(queue: string): Promise<void> {
    const { group, control, claimer } = this.#parts;
    await group.add(() => {
      control.pause(queue);
      // It may claim in this very transaction.
      claimer.recheck();
    });
  }

  async resume(queue: string): Promise<void> {
    const { group, control, claimer } = this.#parts;
    await group.add(() => {
      control.resume(queue);
      claimer.recheck();
    });
  }

  /** @throws SkepError `SKEP_EXECUTION_UNKNOWN`. */
  async cancel(id: string): Promise<Cancellation> {
    const { group, held, waiters, retention } = this.#parts;
    const { came, view } = await group.add(() => this.#cancel(id), { compound: true });
    if (came === 'requested') held.find(id)?.interrupt('cancelled');
    if (came === 'cancelled') retention.finished();
    if (view !== undefined) waiters.finished(view);
    return came;
  }

  #cancel(id: string): { came: Cancellation; view?: ExecutionView | undefined } {
    const { store, uniques, claimer, waiters, seams, worker } = this.#parts;
    if (store.requestCancel(id)) return { came: 'requested' };
    const waiting = store.waiting(id);
    if (waiting === undefined) {
      if (store.knows(id)) return { came: 'final' };
      throw unknownExecution(id);
    }
    const now = seams.now();
    store.cancelWaiting(id, JSON.stringify(cancelledReport(waiting.attempt, worker, now)), now);
    uniques.release(id, parseJson(waiting.envelope));
    // What was kept for it is free for others.
    claimer.recheck();
    // Read here, since its history may be pruned as soon as the transaction has ended.
    return { came: 'cancelled', view: waiters.isAwaited(id) ? store.find(id) : undefined };
  }

  async announce(status: WorkerStatus, validMs: number): Promise<void> {
    const { group, control, seams } = this.#parts;
    this.#announced.add(status.id);
    const validUntil = Math.ceil(seams.now() + validMs);
    await group.add(() => control.announce(status, validUntil));
  }

  async withdraw(): Promise<void> {
    const { group, control } = this.#parts;
    const ids = [...this.#announced];
    if (ids.length === 0) return;
    await group.add(() => {
      for (const id of ids) control.withdraw(id);
    });
    for (const id of ids) this.#announced.delete(id);
  }

  workers(): WorkerStatus[] {
    return this.#parts.control.workers(this.#parts.seams.now());
  }

  /** Queues that hold something unfinished or are paused, by name. */
  queues(): QueueView[] {
    const { store, control, seams } = this.#parts;
    const paused = control.paused();
    const load = store.load(seams.now());
    const names = [...new Set([...load.keys(), ...paused.names])].sort();
    const none = { waiting: 0, delayed: 0, active: 0 };
    return names.map((name) => ({
      name,
      ...(load.get(name) ?? none),
      paused: paused.has(name),
    }));
  }

  /** @param path of queue.db. */
  examine(path: string): BrokerFacts {
    return examineQueue(path, {
      queues: this.queues(),
      finished: this.#parts.store.countFinished(),
    });
  }

  /** Has those told that another process has asked to cancel. */
  interruptCancelled(): void {
    const { store, held } = this.#parts;
    if (held.isEmpty) return;
    for (const id of store.cancelledRunning()) held.find(id)?.interrupt('cancelled');
  }
}
