// bee-queue's own stall check, run for the lanes that are consumed: it queues again what a dead worker held. bee-queue
// loads its scripts when a queue is made, so after a restart of Redis the queues are made anew.
import type { Logger } from '../../../core/log/logger.js';
import type { Keys } from './keys.js';
import { BeeQueue } from './library.js';
import type { Link } from './link.js';

export interface StallCheckParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly stallMs: number;
  readonly logger: Logger;
  /** Says that what this process holds is alive. */
  keepAlive(): Promise<void>;
  /** Whether this process stood still a moment ago; so may others have, on the same machine. */
  stoodStill(): boolean;
}

export class StallCheck {
  readonly #parts: StallCheckParts;
  readonly #queues = new Map<string, BeeQueue>();
  #timer: NodeJS.Timeout | undefined;
  #notBefore = 0;
  #isChecking = false;
  #isFailing = false;

  constructor(parts: StallCheckParts) {
    this.#parts = parts;
    parts.link.onReturn(() => this.#begin());
  }

  /** Checks this lane, too. */
  watch(lane: string): void {
    if (!this.#queues.has(lane)) this.#queues.set(lane, this.#make(lane));
    if (this.#timer !== undefined) return;
    // Half the interval, so that a check is never late by more than half of it.
    this.#timer = setInterval(() => void this.#check(), this.#parts.stallMs / 2);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const lane of [...this.#queues.keys()]) this.#drop(lane);
  }

  /** Others need a while to say that they are alive, before they are taken for dead. */
  #putOff(): void {
    this.#notBefore = performance.now() + this.#parts.stallMs;
  }

  /** Redis is back. */
  #begin(): void {
    this.#putOff();
    for (const lane of [...this.#queues.keys()]) {
      this.#drop(lane);
      this.#queues.set(lane, this.#make(lane));
    }
  }

  #make(lane: string): BeeQueue {
    const { keys, link, stallMs } = this.#parts;
    const queue = new BeeQueue(keys.lane(lane).beeName, {
      prefix: keys.prefix,
      redis: link.commands,
      isWorker: false,
      getEvents: false,
      sendEvents: false,
      storeJobs: false,
      stallInterval: stallMs,
    });
    // The link tells what is wrong with the connection. A queue that could not load its scripts is made anew by `#check`.
    queue.on('error', () => undefined);
    queue.ready().catch(() => undefined);
    queue.on('stalled', (id) => void this.#count(lane, id));
    return queue;
  }

  #drop(lane: string): void {
    const queue = this.#queues.get(lane);
    this.#queues.delete(lane);
    queue?.close().catch(() => undefined);
  }

  async #check(): Promise<void> {
    if (this.#parts.stoodStill()) this.#putOff();
    if (this.#isChecking || !this.#parts.link.isReady || performance.now() < this.#notBefore)
      return;
    this.#isChecking = true;
    try {
      // Should this process be late, the check must not take it for dead.
      await this.#parts.keepAlive();
      for (const queue of this.#queues.values()) await queue.checkStalledJobs();
      this.#isFailing = false;
    } catch (error) {
      if (this.#parts.link.isReady && !this.#isFailing) {
        this.#parts.logger.warn('checking for stalled executions failed', { error });
      }
      this.#isFailing = true;
      // Its scripts are gone when Redis was restarted between two looks at the connection.
      this.#begin();
    } finally {
      this.#isChecking = false;
    }
  }

  async #count(lane: string, id: string): Promise<void> {
    const { keys, link, logger } = this.#parts;
    logger.warn('its worker gave no sign of life, queued again', { executionId: id, queue: lane });
    const { base, suffix } = keys.lane(lane);
    // Should this fail, the crash is counted when the execution is claimed.
    await link.commands.scripts.requeueStalled(base, suffix, id).catch(() => undefined);
  }
}
