// Waits for work on a connection of its own while a consumer is idle: Redis gives the next job to one who waits, in the
// moment it is queued. The job is then in bee-queue's active list and still has to be claimed.
import { once } from 'node:events';
import type { RedisClient } from './client.js';

export interface IdleWaitParts {
  readonly client: RedisClient;
  readonly waiting: string;
  readonly active: string;
  /** Whether the consumer is still idle. */
  isWanted(): boolean;
  onPopped(id: string, askedAt: number): void;
  /** Redis answers at least so often, so that a dead connection is found. */
  readonly waitMs: number;
}

const pauseAfterFailureMs = 200;

export class IdleWait {
  readonly #parts: IdleWaitParts;
  #going: Promise<void> | undefined;
  #stopped = false;
  #clientId: number | undefined;

  constructor(parts: IdleWaitParts) {
    this.#parts = parts;
    const { client } = parts;
    client.on('ready', () => {
      this.#clientId = undefined;
      client.client('ID').then(
        (id) => {
          this.#clientId = id;
        },
        () => undefined,
      );
    });
    client.connect().catch(() => undefined);
  }

  /** Waits until something was popped or the consumer has other work; does nothing while it waits already. */
  begin(): void {
    if (this.#stopped || this.#going !== undefined) return;
    this.#going = this.#wait().finally(() => {
      this.#going = undefined;
      if (this.#parts.isWanted()) this.begin();
    });
  }

  /**
   * Ends waiting; what is popped meanwhile is still told.
   * @param unblock asks Redis to answer the client of this id at once.
   */
  async stop(unblock: (clientId: number) => Promise<unknown>): Promise<void> {
    this.#stopped = true;
    const going = this.#going;
    if (going !== undefined && this.#clientId !== undefined) {
      await unblock(this.#clientId).catch(() => undefined);
      await going;
    }
    this.#parts.client.disconnect();
  }

  async #wait(): Promise<void> {
    const { client, waiting, active, isWanted, onPopped, waitMs } = this.#parts;
    while (!this.#stopped && isWanted()) {
      try {
        if (client.status !== 'ready') {
          await once(client, 'ready', { signal: soon() });
          // There may be other work by now.
          continue;
        }
        const askedAt = performance.now();
        const id = await client.brpoplpush(waiting, active, waitMs / 1_000);
        if (id === null) continue;
        onPopped(id, askedAt);
        return;
      } catch {
        // Not connected: the link says so; claims go on by themselves when it is back.
        await new Promise((resolve) => setTimeout(resolve, pauseAfterFailureMs).unref());
      }
    }
  }
}

/** A connection that is not there in a moment is waited for in turns, so that a stop is heeded. */
const soon = (): AbortSignal => AbortSignal.timeout(pauseAfterFailureMs);
