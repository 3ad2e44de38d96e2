// The beacon of a worker: tells the broker at short intervals that the worker lives, and how it is.
import { hostname } from 'node:os';
import { envelopeVersion } from '../envelope.js';
import type { Logger } from '../log/logger.js';
import type { Broker } from '../ports/broker.js';
import type { WorkerStatus } from '../ports/control.js';
import type { Seams } from '../seams.js';
import { skepVersion } from '../version.js';
import { settleWithin } from '../within.js';
import { LoopLag } from './loop-lag.js';
import type { Runner } from './runner.js';
import type { Worker } from './worker.js';

export interface BeaconParts {
  readonly broker: Pick<Broker, 'announce' | 'withdraw' | 'clockAheadMs'>;
  readonly worker: Pick<Worker, 'queues' | 'slots' | 'finished' | 'draining'>;
  readonly runner: Pick<Runner, 'running'>;
  /** Codes of the tasks that it knows. */
  readonly tasks: readonly string[];
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'now'>;
  /** Name of the worker, as in logs. */
  readonly id: string;
  /** Time between two beats, in milliseconds; 2 s when absent. */
  readonly everyMs?: number;
  /**
   * How long the end waits for the beat that is under way, and for taking it back, each, in milliseconds. A broker that does not
   * answer holds the end of the process no longer; the announcement expires by itself.
   * @default 1_000
   */
  readonly stopTimeoutMs?: number;
}

const defaultEveryMs = 2_000;
/** Beats that may get lost before the worker counts as gone. */
const beatsToMiss = 5;
const defaultStopTimeoutMs = 1_000;

/** Announces a worker while it lives. */
export class Beacon {
  readonly #parts: BeaconParts;
  readonly #startedAt: number;
  readonly #lag = new LoopLag();
  #timer: NodeJS.Timeout | undefined;
  #latest: Promise<void> = Promise.resolve();
  #underWay = 0;
  #isOut = false;
  #stopped: Promise<void> | undefined;

  constructor(parts: BeaconParts) {
    this.#parts = parts;
    this.#startedAt = parts.seams.now();
  }

  /** Beats once, and from now on at intervals. Resolves when the first beat is out, or has failed. */
  async start(): Promise<void> {
    if (this.#stopped !== undefined || this.#timer !== undefined) return;
    this.#lag.start();
    this.#timer = setInterval(() => {
      // While the broker is slow, beats do not heap up.
      if (this.#underWay === 0) void this.beat();
    }, this.#everyMs);
    this.#timer.unref();
    await this.beat();
  }

  /** Announces how the worker is now, beside the regular beats: when its state has changed. Never rejects. */
  beat(): Promise<void> {
    this.#underWay += 1;
    // One after another, so that the latest state is the one that stays.
    this.#latest = this.#latest.then(() => this.#announce());
    return this.#latest;
  }

  /** Ends the beats and takes back what they said. Safe to call twice, and before the start. Never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#lag.stop();
    const { broker, logger, stopTimeoutMs = defaultStopTimeoutMs } = this.#parts;
    await settleWithin(() => this.#latest, stopTimeoutMs);
    const error = await settleWithin(() => broker.withdraw(), stopTimeoutMs);
    if (error !== undefined) {
      logger.debug('withdrawing the worker failed; it expires by itself', { error });
    }
  }

  async #announce(): Promise<void> {
    const { broker, logger } = this.#parts;
    try {
      await broker.announce(this.#status(), beatsToMiss * this.#everyMs);
      if (this.#isOut) logger.info('the worker is announced again');
      this.#isOut = false;
    } catch (error) {
      // Once an outage: others say what does not work, this one only that nobody can see it.
      if (!this.#isOut) logger.warn('announcing the worker failed; trying again', { error });
      this.#isOut = true;
    } finally {
      this.#underWay -= 1;
    }
  }

  #status(): WorkerStatus {
    const { id, broker, worker, runner, seams, tasks } = this.#parts;
    const { clockAheadMs } = broker;
    return {
      id,
      host: hostname(),
      pid: process.pid,
      version: skepVersion,
      startedAt: this.#startedAt,
      beatAt: seams.now(),
      state: worker.draining ? 'draining' : 'running',
      queues: worker.queues.map(({ name, concurrency }) => ({ name, concurrency })),
      slots: worker.slots,
      running: runner.running,
      finished: worker.finished,
      eventLoopLagMs: this.#lag.take(),
      ...(clockAheadMs === undefined ? {} : { clockAheadMs }),
      tasks,
      envelopeVersion,
      memoryBytes: process.memoryUsage.rss(),
    };
  }

  get #everyMs(): number {
    return this.#parts.everyMs ?? defaultEveryMs;
  }
}
