// What is compared: a queue as its user sees it, one that dispatches and one that works.

/** Small, as most payloads are. */
export interface Payload {
  readonly n: number;
  /** Nanoseconds of the clock that all processes of this machine share. */
  readonly sentAt?: number;
}

export interface PeerDispatcher {
  /** Resolves when Redis has acknowledged it. */
  dispatch(payload: Payload): Promise<unknown>;
  /** As one call of the peer's own way to dispatch many. */
  dispatchAll(payloads: readonly Payload[]): Promise<unknown>;
  close(): Promise<unknown>;
}

export interface PeerWorker {
  /** Starts to consume; everything is connected before. */
  start(): Promise<unknown>;
  /** Resolves when so many jobs have completed, which Redis has been told and has acknowledged. */
  completed(count: number): Promise<void>;
  close(): Promise<unknown>;
}

export interface Peer {
  readonly name: PeerName;
  /** Connected, on the queue of this name. */
  dispatcher(queue: string): Promise<PeerDispatcher>;
  /** Connected and not consuming yet. @param onStart called by the job itself, which does nothing else. */
  worker(
    queue: string,
    concurrency: number,
    onStart: (payload: Payload) => void,
  ): Promise<PeerWorker>;
}

export const peerNames = ['skep', 'bee-queue', 'bullmq'] as const;
export type PeerName = (typeof peerNames)[number];

/** Counts to a number that is asked for. */
export class Countdown {
  #count = 0;
  #target = Number.POSITIVE_INFINITY;
  #reached: () => void = () => {};

  readonly add = (): void => {
    this.#count += 1;
    if (this.#count === this.#target) this.#reached();
  };

  /** To be asked once, before the number is reached. */
  reached(target: number): Promise<void> {
    this.#target = target;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }
}
