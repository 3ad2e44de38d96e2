// A peer as an application has it: one process dispatches, another one works.
import type { BulkDispatching, Processing } from './measures.js';
import type { PeerName } from './peer.js';
import { PeerProcess } from './peer-process.js';

export class Pair {
  readonly #dispatching: PeerProcess;
  readonly #working: PeerProcess;

  constructor(peer: PeerName, redisUrl: string) {
    this.#dispatching = new PeerProcess(peer, redisUrl);
    this.#working = new PeerProcess(peer, redisUrl);
  }

  /** Jobs a second of a bulk dispatch, and of processing what it has queued. */
  async throughput(
    jobs: BulkDispatching & Processing,
  ): Promise<{ dispatched: number; processed: number }> {
    const { seconds } = await this.#dispatching.ask('dispatchBulk', jobs);
    const processing = await this.#working.ask('process', jobs);
    return { dispatched: jobs.jobs / seconds, processed: jobs.jobs / processing };
  }

  /** Milliseconds of single dispatches. */
  dispatches(queue: string, jobs: number): Promise<number[]> {
    return this.#dispatching.ask('dispatchSingly', { queue, jobs });
  }

  /** Milliseconds from dispatch to start on an idle worker. */
  async starts(queue: string, jobs: number, pauseMs: number): Promise<number[]> {
    await this.#working.ask('listen', { queue, jobs });
    await this.#dispatching.ask('send', { queue, jobs, pauseMs });
    return this.#working.ask('heard');
  }

  fill(jobs: BulkDispatching) {
    return this.#dispatching.ask('dispatchBulk', jobs);
  }

  /** Seconds for a part of what is waiting. */
  process(jobs: Processing): Promise<number> {
    return this.#working.ask('process', jobs);
  }

  async end(): Promise<void> {
    await Promise.all([this.#dispatching.end(), this.#working.end()]);
  }
}
