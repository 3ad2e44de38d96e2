// The broker port: queues envelopes durably and delivers them. Adapters: embedded, bee-queue.
// test/conformance holds the one suite that every adapter passes.
//
// One clock decides when something is due: that of the store, which `Broker.now()` and `Delivery.now()` tell. All times that
// cross this port are by it. On Redis it is the clock of Redis, because those of the workers may be minutes apart.
import type { Envelope } from '../envelope.js';
import type { AttemptReport, ExecutionState, ExecutionView, FinalState } from '../execution.js';
import type { FlowLimits } from '../tasks/flow-options.js';
import type { WorkerStatus } from './control.js';
import type { SlotShare } from './slot-share.js';

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
  | { readonly kind: 'return' }
  /**
   * Handed back before its run began: a limit of its task leaves no room before `availableAt`, or this worker does not know
   * its task. Counted neither as attempt nor as crash.
   */
  | {
      readonly kind: 'postpone';
      readonly availableAt: number;
      /** It waits for a worker that knows its task, since then. The next delivery and its view tell it. */
      readonly unknownSince?: number;
    };

/** Whether a delivery may run now, under the limits that its task has over all workers. */
export type Admission =
  /** `release` gives the place back when the run has ended; never rejects. */
  | { readonly admitted: true; release(): Promise<void> }
  /** Try again then; a place that becomes free earlier brings the delivery earlier. */
  | { readonly admitted: false; readonly availableAt: number };

/** Why a delivery should end before its run does: someone cancelled it, or it belongs to another worker now. */
export type Interruption = 'cancelled' | 'lost';

export interface Delivery {
  readonly id: string;
  /** What was queued, unverified: the core parses it, so that a foreign record is an outcome and no crash. */
  readonly raw: unknown;
  /** How often a process died while it held this execution. */
  readonly crashes: number;
  /** The worker that held it when its process died last, where the store knows it. */
  readonly crashedOn?: string | undefined;
  /** It was to be cancelled while no worker could be told. */
  readonly cancelled: boolean;
  /**
   * Since when workers have handed it back because they do not know its task, one after the other; undefined when the
   * latest one that had it did know it.
   */
  readonly unknownSince?: number | undefined;
  /** As {@link Broker.now}. */
  now(): number;
  /** Asks for a place among the runs of its task, which holds until it is released or this process dies. */
  admit(limits: FlowLimits): Promise<Admission>;
  /**
   * Calls `listener` once when the delivery should end early; at once, if that is so already. One listener; the
   * latest counts. The runner listens from the moment of the delivery: no code starts after it was called.
   */
  onInterrupt(listener: (why: Interruption) => void): void;
  /**
   * Ends the delivery, durably, at most once.
   * @throws SkepError `SKEP_STALE_DELIVERY` when the delivery has passed to another worker.
   */
  settle(settlement: Settlement): Promise<void>;
}

export interface ConsumeOptions {
  /** Queues that share the slots, in strict order: nothing of the second is claimed while the first has work due. */
  readonly lanes: readonly [string, ...string[]];
  /** Deliveries out at one time; a slot frees when its delivery is settled. */
  readonly concurrency: number;
  /** Asked beside `concurrency` for every claim, where consumers share the slots of a process. */
  readonly share?: SlotShare;
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
  /** No worker claims from it. */
  readonly paused: boolean;
}

export interface ExecutionFilter {
  /** Any of them. */
  readonly states?: readonly ExecutionState[];
  readonly task?: string;
  readonly queue?: string;
  /** At most this many, newest first. */
  readonly limit: number;
  /** Only executions older than this id (paging by key). */
  readonly before?: string;
}

/** What came of the wish to cancel: it is final now, or its worker has been told, or it had ended before. */
export type Cancellation = 'cancelled' | 'requested' | 'final';

/** Something about the store that a person should know, although it works. */
export interface BrokerWarning {
  readonly message: string;
  readonly remedy: string;
}

export interface BrokerFacts {
  /** Where the store is and what it is, without secrets. */
  readonly found: string;
  readonly warnings: readonly BrokerWarning[];
  /** As {@link Broker.clockAheadMs}. */
  readonly clockAheadMs?: number;
}

export interface Broker {
  readonly name: string;
  /** Whether more than one process may consume at one time. */
  readonly shared: boolean;
  /**
   * The file that {@link Broker.open} would create, while it does not exist. Commands that only read report an empty queue
   * then, instead of creating one. Undefined for a queue that exists, and for a queue on a server.
   */
  readonly missingFile: string | undefined;
  /** Makes the store ready for use. Called once, before anything else. */
  open(): Promise<void>;
  /**
   * The time by which the store decides what is due, in whole milliseconds since 1970 UTC: its own clock, as this process has
   * measured it; the clock of this machine where the store is on it, and as long as the store has not answered once.
   */
  now(): number;
  /**
   * By how many milliseconds the clock of this machine is ahead of that of the store, negative when it is behind; undefined
   * where the store goes by the clock of this machine, and before the store has answered.
   */
  readonly clockAheadMs: number | undefined;
  /**
   * Durable when it resolves; all of the call or nothing. An id that is known already is left as it is.
   * @returns for each entry the id that stands for it: its own, or that of the unfinished execution which holds its
   *   `unique` key already; then the entry itself is not queued.
   * @throws SkepError `SKEP_QUEUE_UNREACHABLE` when the store does not answer in time.
   */
  enqueue(entries: readonly Enqueue[]): Promise<readonly string[]>;
  /**
   * Claims the right to consume, before anything else is opened for it. Safe to call twice; lost with the process.
   * @throws SkepError `SKEP_DATA_DIR_IN_USE` when the store allows one consuming process and has one.
   */
  own(): Promise<void>;
  /** Starts delivering; claims the right to consume if that was not done before. */
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** Queues that hold something unfinished or are paused, by name. */
  queues(): Promise<QueueView[]>;
  /** No worker claims from the queue until it is resumed. What is running goes on. */
  pause(queue: string): Promise<void>;
  resume(queue: string): Promise<void>;
  /**
   * Cancels what waits; has the worker told of what runs, whichever process it is in.
   * @throws SkepError `SKEP_EXECUTION_UNKNOWN`.
   */
  cancel(id: string): Promise<Cancellation>;
  /** Tells all who ask for {@link workers} of this process; gone after `validMs` unless repeated. */
  announce(status: WorkerStatus, validMs: number): Promise<void>;
  /** Takes back what {@link announce} said. */
  withdraw(): Promise<void>;
  /** The workers that are alive, by id. */
  workers(): Promise<WorkerStatus[]>;
  find(id: string): Promise<ExecutionView | undefined>;
  /** Those of the ids that the queue holds unfinished: waiting, delayed or active. One round trip for hundreds of ids. */
  holds(ids: readonly string[]): Promise<ReadonlySet<string>>;
  list(filter: ExecutionFilter): Promise<ExecutionView[]>;
  /**
   * Resolves when the execution has reached a final state, in whichever process.
   * @throws SkepError `SKEP_EXECUTION_UNKNOWN`; the signal's reason when it aborts.
   */
  waitForFinal(id: string, signal?: AbortSignal): Promise<ExecutionView>;
  /** Resolves when all queues are empty: nothing waiting, delayed or active. */
  waitForEmpty(signal?: AbortSignal): Promise<void>;
  /** What `skep doctor` tells. @throws SkepError when the store cannot be used. */
  examine(): Promise<BrokerFacts>;
  /** Stops consumers, flushes, lets go of the store. Safe to call twice. */
  close(): Promise<void>;
}
