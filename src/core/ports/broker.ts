// The broker port: queues envelopes durably and delivers them. Adapters: embedded, bee-queue.
// test/conformance holds the one suite that every adapter passes.
import type { Envelope } from '../envelope.js';
import type { AttemptReport, ExecutionState, ExecutionView, FinalState } from '../execution.js';

export interface Enqueue {
  readonly envelope: Envelope;
  /** Not delivered before; milliseconds since 1970 UTC. */
  readonly availableAt: number;
}

/** How a delivery ended. */
export type Settlement =
  | { readonly kind: 'final'; readonly state: FinalState; readonly report: AttemptReport }
  /** Deliver `envelope` (attempt raised by the core) not before `availableAt`. */
  | {
      readonly kind: 'retry';
      readonly envelope: Envelope;
      readonly availableAt: number;
      readonly report: AttemptReport;
    }
  /** Handed back unfinished (drain): available at once, counted neither as attempt nor as crash. */
  | { readonly kind: 'return' };

export interface Delivery {
  readonly id: string;
  /** What was queued, unverified: the core parses it, so that a foreign record is an outcome and no crash. */
  readonly raw: unknown;
  /** How often a process died while it held this execution. */
  readonly crashes: number;
  /**
   * Ends the delivery, durably, at most once.
   * @throws SkepError `SKEP_STALE_DELIVERY` when the delivery has passed to another worker.
   */
  settle(settlement: Settlement): Promise<void>;
}

export interface ConsumeOptions {
  readonly queue: string;
  /** Deliveries out at one time; a slot frees when its delivery is settled. */
  readonly concurrency: number;
  /** Must not reject; a rejection is logged and the delivery stays out until it is settled. */
  deliver(delivery: Delivery): Promise<void>;
}

export interface Consumer {
  /** Stops claiming at once. Deliveries that are out stay out and may still be settled. Safe to call twice. */
  stop(): Promise<void>;
}

export interface QueueView {
  readonly name: string;
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
}

export interface ExecutionFilter {
  readonly state?: ExecutionState;
  readonly task?: string;
  readonly queue?: string;
  /** At most this many, newest first. */
  readonly limit: number;
  /** Only executions older than this id (paging by key). */
  readonly before?: string;
}

export interface Broker {
  readonly name: string;
  /** Makes the store ready for use. Called once, before anything else. */
  open(): Promise<void>;
  /** Durable when it resolves; all of the call or nothing. An id that is known already is left as it is. */
  enqueue(entries: readonly Enqueue[]): Promise<void>;
  /**
   * Claims the right to consume, before anything else is opened for it. Safe to call twice; lost with the process.
   * @throws SkepError `SKEP_DATA_DIR_IN_USE` when the store allows one consuming process and has one.
   */
  own(): Promise<void>;
  /** Starts delivering from one queue; claims the right to consume if that was not done before. */
  consume(options: ConsumeOptions): Promise<Consumer>;
  queues(): Promise<QueueView[]>;
  find(id: string): Promise<ExecutionView | undefined>;
  list(filter: ExecutionFilter): Promise<ExecutionView[]>;
  /**
   * Resolves when the execution has reached a final state, in whichever process.
   * @throws SkepError `SKEP_EXECUTION_UNKNOWN`; the signal's reason when it aborts.
   */
  waitForFinal(id: string, signal?: AbortSignal): Promise<ExecutionView>;
  /** Resolves when all queues are empty: nothing waiting, delayed or active. */
  waitForEmpty(signal?: AbortSignal): Promise<void>;
  /** Stops consumers, flushes, lets go of the store. Safe to call twice. */
  close(): Promise<void>;
}
