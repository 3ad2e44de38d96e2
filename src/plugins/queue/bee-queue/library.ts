// bee-queue itself, of which Skep runs the stall check.
import { shippedPackage } from '../../../core/shipped-package.js';

/** What Skep uses of a queue of bee-queue. */
export interface BeeQueue {
  ready(): Promise<unknown>;
  checkStalledJobs(): Promise<unknown>;
  close(): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'stalled', listener: (id: string) => void): void;
}

export interface BeeQueueSettings {
  readonly prefix: string;
  /** A client of ioredis. */
  readonly redis: unknown;
  readonly isWorker: boolean;
  readonly getEvents: boolean;
  readonly sendEvents: boolean;
  readonly storeJobs: boolean;
  /** Milliseconds. */
  readonly stallInterval: number;
}

export const BeeQueue = shippedPackage('bee-queue', 'bee-queue') as new (
  name: string,
  settings: BeeQueueSettings,
) => BeeQueue;
