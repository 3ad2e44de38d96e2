// Who waits for an execution to end, or for the queues to be empty: told by this process at once, and by what the
// watcher sees of others.
import { SkepError } from '../../../core/errors/skep-error.js';
import { type ExecutionView, isFinal } from '../../../core/execution.js';
import type { Store } from './store.js';
import { untilFree } from './until-free.js';
import { WaitingRoom } from './waiting-room.js';

export interface WaitersParts {
  readonly store: Store;
  /** Watches other processes until the function that is returned is called. */
  watch(): () => void;
}

export class Waiters {
  readonly #parts: WaitersParts;
  readonly #finals = new Map<string, WaitingRoom<ExecutionView>>();
  readonly #empty = new WaitingRoom<void>();

  constructor(parts: WaitersParts) {
    this.#parts = parts;
  }

  /** @throws SkepError `SKEP_EXECUTION_UNKNOWN`; the signal's reason when it aborts. */
  async final(id: string, signal: AbortSignal | undefined): Promise<ExecutionView> {
    signal?.throwIfAborted();
    const unwatch = this.#parts.watch();
    try {
      // Nothing is committed or seen between this look and joining: both happen in later turns.
      const view = await untilFree(() => this.#parts.store.find(id));
      if (view === undefined) throw unknownExecution(id);
      return isFinal(view.state) ? view : await this.#joinFinal(id, signal);
    } finally {
      unwatch();
    }
  }

  /** @throws the signal's reason when it aborts. */
  async empty(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const unwatch = this.#parts.watch();
    try {
      const hasUnfinished = await untilFree(() => this.#parts.store.hasUnfinished());
      if (hasUnfinished) await this.#empty.join(signal);
    } finally {
      unwatch();
    }
  }

  isAwaited(id: string): boolean {
    return this.#finals.has(id);
  }

  /** An execution has become final in this process. */
  finished(view: ExecutionView): void {
    this.#finals.get(view.id)?.admit(view);
  }

  /** Cheap when nobody waits for it. */
  checkEmpty(): void {
    if (!this.#empty.isEmpty && !this.#parts.store.hasUnfinished()) this.#empty.admit();
  }

  /** Another process may have ended what is waited for. */
  checkFinals(): void {
    if (this.#finals.size === 0) return;
    const { store } = this.#parts;
    const known = store.finality([...this.#finals.keys()]);
    for (const [id, room] of this.#finals) {
      if (known.get(id) === false) continue;
      const view = store.find(id);
      if (view === undefined) room.refuse(unknownExecution(id));
      else room.admit(view);
    }
  }

  /** Ends all waiting with an error. */
  refuse(error: unknown): void {
    this.#empty.refuse(error);
    for (const room of this.#finals.values()) room.refuse(error);
  }

  async #joinFinal(id: string, signal: AbortSignal | undefined): Promise<ExecutionView> {
    const room = this.#finals.get(id) ?? new WaitingRoom<ExecutionView>();
    this.#finals.set(id, room);
    try {
      return await room.join(signal);
    } finally {
      if (room.isEmpty) this.#finals.delete(id);
    }
  }
}

export function unknownExecution(id: string): SkepError {
  return new SkepError('SKEP_EXECUTION_UNKNOWN', `there is no execution ${id}`);
}
