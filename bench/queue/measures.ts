// What is measured of a peer, in the process of that peer.
import { setTimeout as pause } from 'node:timers/promises';
import type { Payload, Peer, PeerWorker } from './peer.js';

export interface Processing {
  readonly queue: string;
  /** At least so many are waiting. */
  readonly jobs: number;
  readonly concurrency: number;
  /** One job is dispatched for each that starts, so that the backlog stays as long as it is. */
  readonly refill?: boolean;
}

export interface Dispatching {
  readonly queue: string;
  readonly jobs: number;
}

export interface BulkDispatching extends Dispatching {
  readonly jobsPerCall: number;
}

export interface Bulk {
  readonly seconds: number;
  /** Resident memory of the process after each twentieth of the jobs, in bytes. */
  readonly memory: number[];
}

export interface Sending extends Dispatching {
  readonly pauseMs: number;
}

const refillPerCall = 100;

/** Measures by name; every one takes one argument and yields JSON, as it is asked for from another process. */
export function measures(peer: Peer) {
  let listening: { worker: PeerWorker; delays: number[]; all: Promise<void> } | undefined;
  return {
    async dispatchBulk({ queue, jobs, jobsPerCall }: BulkDispatching): Promise<Bulk> {
      const dispatcher = await peer.dispatcher(queue);
      const memory: number[] = [];
      const startedAt = performance.now();
      for (let sent = 0; sent < jobs; sent += jobsPerCall) {
        await dispatcher.dispatchAll(payloads(jobsPerCall));
        if ((sent + jobsPerCall) % (jobs / 20) === 0) memory.push(process.memoryUsage.rss());
      }
      const seconds = secondsSince(startedAt);
      await dispatcher.close();
      return { seconds, memory };
    },

    /** Milliseconds of each of so many dispatches, one after the other. */
    async dispatchSingly({ queue, jobs }: Dispatching): Promise<number[]> {
      const dispatcher = await peer.dispatcher(queue);
      const taken: number[] = [];
      for (let n = 0; n < jobs; n += 1) {
        const startedAt = performance.now();
        await dispatcher.dispatch({ n });
        taken.push(performance.now() - startedAt);
      }
      await dispatcher.close();
      return taken;
    },

    /** Seconds from the start of a worker to the last completion. */
    async process({ queue, jobs, concurrency, refill = false }: Processing): Promise<number> {
      const dispatcher = refill ? await peer.dispatcher(queue) : undefined;
      const refills: Promise<unknown>[] = [];
      let started = 0;
      const worker = await peer.worker(queue, concurrency, () => {
        started += 1;
        if (dispatcher && started % refillPerCall === 0) {
          refills.push(dispatcher.dispatchAll(payloads(refillPerCall)));
        }
      });
      const completed = worker.completed(jobs);
      const startedAt = performance.now();
      await worker.start();
      await completed;
      const seconds = secondsSince(startedAt);
      await worker.close();
      await Promise.all(refills);
      await dispatcher?.close();
      return seconds;
    },

    /** Has an idle worker wait for so many jobs. */
    async listen({ queue, jobs }: Dispatching): Promise<void> {
      const delays: number[] = [];
      const worker = await peer.worker(queue, 20, ({ sentAt = Number.NaN }) => {
        delays.push((nanoseconds() - sentAt) / 1e6);
      });
      listening = { worker, delays, all: worker.completed(jobs) };
      await worker.start();
    },

    /** Milliseconds from dispatch to start of what {@link listen} waited for. */
    async heard(): Promise<number[]> {
      if (listening === undefined) throw new Error('nobody listens');
      const { worker, delays, all } = listening;
      await all;
      await worker.close();
      return delays;
    },

    /** Sends jobs to a worker that is idle each time. */
    async send({ queue, jobs, pauseMs }: Sending): Promise<void> {
      const dispatcher = await peer.dispatcher(queue);
      // The worker's first wait begins.
      await pause(500);
      for (let n = 0; n < jobs; n += 1) {
        await dispatcher.dispatch({ n, sentAt: nanoseconds() });
        await pause(pauseMs);
      }
      await dispatcher.close();
    },
  };
}

export type Measures = ReturnType<typeof measures>;

const payloads = (count: number): Payload[] => Array.from({ length: count }, (_, n) => ({ n }));
const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1_000;
const nanoseconds = (): number => Number(process.hrtime.bigint());
