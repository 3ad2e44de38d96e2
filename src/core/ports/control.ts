// What a worker tells of itself: `skep workers` shows it, and so may whoever watches the system.

export interface WorkerQueueStatus {
  readonly name: string;
  readonly concurrency: number;
}

export interface RunningExecution {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
  /** Milliseconds since 1970 UTC. */
  readonly startedAt: number;
}

export interface WorkerStatus {
  /** Host and process, as in logs. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** Of Skep. */
  readonly version: string;
  /** Times are milliseconds since 1970 UTC. */
  readonly startedAt: number;
  readonly beatAt: number;
  readonly state: 'running' | 'draining';
  readonly queues: readonly WorkerQueueStatus[];
  /** Runs that may go on at one time, over all queues. */
  readonly slots: number;
  readonly running: readonly RunningExecution[];
  /** Runs that have ended since the start. */
  readonly finished: number;
  /** The longest that the event loop was held up since the last beat, milliseconds. */
  readonly eventLoopLagMs: number;
  /**
   * By how many milliseconds its clock is ahead of that of the queue's store, negative when it is behind. Absent where the
   * store goes by the clock of this machine, and from a worker of an older version.
   */
  readonly clockAheadMs?: number;
  /** Codes of the tasks that it knows. Absent from a worker of an older version. */
  readonly tasks?: readonly string[];
  /** The newest version of an envelope that it reads; 1 when absent. */
  readonly envelopeVersion?: number;
  /** Resident memory, bytes. */
  readonly memoryBytes: number;
}
