// Callers that wait for one event; each may give up through its signal.
interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

export class WaitingRoom<T> {
  readonly #waiters = new Set<Waiter<T>>();

  get isEmpty(): boolean {
    return this.#waiters.size === 0;
  }

  /** @throws the signal's reason when it aborts, or what {@link refuse} is given. */
  async join(signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    const { promise, waiter } = newWaiter<T>();
    const giveUp = (): void => waiter.reject(signal?.reason);
    this.#waiters.add(waiter);
    signal?.addEventListener('abort', giveUp, { once: true });
    try {
      return await promise;
    } finally {
      this.#waiters.delete(waiter);
      signal?.removeEventListener('abort', giveUp);
    }
  }

  admit(value: T): void {
    for (const waiter of this.#waiters) waiter.resolve(value);
  }

  refuse(error: unknown): void {
    for (const waiter of this.#waiters) waiter.reject(error);
  }
}

function newWaiter<T>(): { promise: Promise<T>; waiter: Waiter<T> } {
  let waiter: Waiter<T> = { resolve: () => undefined, reject: () => undefined };
  const promise = new Promise<T>((resolve, reject) => {
    waiter = { resolve, reject };
  });
  return { promise, waiter };
}
