// Tells the tracker and the observers what happens to runs. Failing to record changes nothing of what a task did: it is
// tried again, for a while before the run goes on and after that beside it.
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../errors/skep-error.js';
import type { Logger } from '../log/logger.js';
import { type RunFields, withRunFields } from '../log/run-fields.js';
import type { Settlement } from '../ports/broker.js';
import type { RunObserver } from '../ports/observer.js';
import type { Beginning, Recorded, TrackedAttempt, Tracker } from '../ports/tracker.js';
import { settleWithin } from '../within.js';

/** A run as far as recording needs it. */
export interface RecordedRun {
  readonly fields: RunFields;
  /** Whether the tracker has a record of its execution. */
  readonly tracked: boolean;
  readonly fence: number;
}

export interface RunRecorderOptions {
  /** For how long a run waits for its beginning to be recorded; then its execution is put off. Milliseconds. */
  readonly beginPatienceMs?: number;
  /** For how long settling waits for the end of a run to be recorded; then it is recorded beside it. Milliseconds. */
  readonly endPatienceMs?: number;
}

const firstWaitMs = 50;
const longestWaitMs = 2_000;

export class RunRecorder {
  readonly #tracker: Tracker;
  readonly #observers: readonly RunObserver[];
  readonly #logger: Logger;
  readonly #options: Required<RunRecorderOptions>;
  /** Ends that could not be recorded yet. */
  readonly #late = new Set<Promise<unknown>>();
  #closed = false;

  constructor(
    tracker: Tracker,
    observers: readonly RunObserver[],
    logger: Logger,
    { beginPatienceMs = 5_000, endPatienceMs = 30_000 }: RunRecorderOptions = {},
  ) {
    this.#tracker = tracker;
    this.#observers = observers;
    this.#logger = logger;
    this.#options = { beginPatienceMs, endPatienceMs };
  }

  /**
   * Of a tracked run, before its code.
   * @returns undefined when it could not be recorded: whether it may run is not known.
   */
  begin(run: RecordedRun, startedAt: number): Promise<Beginning | undefined> {
    const attempt = attemptOf(run);
    const until = performance.now() + this.#options.beginPatienceMs;
    return this.#again(
      () => this.#tracker.begin(attempt, startedAt),
      () => performance.now() < until,
    );
  }

  started(run: RecordedRun): void {
    this.#observe((observer) => observer.started?.(run.fields));
  }

  progress(run: RecordedRun, fraction: number, message: string | undefined): void {
    // A thread tells it in no run's context, or in that of an earlier run.
    withRunFields(run.fields, () =>
      this.#observe((observer) => observer.progress?.(run.fields, fraction, message)),
    );
    if (!run.tracked) return;
    try {
      this.#tracker.progress(attemptOf(run), fraction, message);
    } catch (error) {
      this.#logger.warn('recording progress failed', { error });
    }
  }

  /**
   * Before the delivery is settled: what was finished is recorded before the queue forgets it.
   * @returns how it is to be settled: the record may say that it ended otherwise.
   */
  async ended(run: RecordedRun, settlement: Settlement): Promise<Settlement> {
    const recorded = run.tracked ? await this.#end(attemptOf(run), settlement) : undefined;
    const settled = this.#settled(run, settlement, recorded);
    this.#observe((observer) => {
      if (!('report' in settled)) observer.returned?.(run.fields);
      else
        observer.ended?.(
          run.fields,
          settled.kind === 'final' ? settled.state : 'retrying',
          settled.report,
        );
    });
    return settled;
  }

  /** Waits for what could not be recorded in time, for at most `timeoutMs`; then gives it up. */
  async close(timeoutMs: number): Promise<void> {
    if (this.#late.size > 0) await settleWithin(() => Promise.all(this.#late), timeoutMs);
    this.#closed = true;
  }

  /** Of the path of every run: each promise less counts. */
  #end(attempt: TrackedAttempt, settlement: Settlement): Promise<Recorded | undefined> {
    const ending = this.#again(
      () => this.#write(attempt, settlement),
      () => !this.#closed,
    );
    this.#late.add(ending);
    return new Promise((resolve) => {
      const outOfPatience = setTimeout(() => {
        this.#logger.error(
          'the end of the run is not recorded yet; it is settled and recorded later',
        );
        resolve(undefined);
      }, this.#options.endPatienceMs);
      void ending.then((recorded) => {
        clearTimeout(outOfPatience);
        this.#late.delete(ending);
        resolve(recorded);
      });
    });
  }

  async #write(attempt: TrackedAttempt, settlement: Settlement): Promise<Recorded> {
    switch (settlement.kind) {
      case 'final':
        return this.#tracker.final(attempt, settlement.state, settlement.report);
      case 'retry':
        return this.#tracker.retrying(attempt, settlement.report, settlement.availableAt);
      default:
        await this.#tracker.returned(attempt);
        return { kind: 'recorded' };
    }
  }

  #settled(run: RecordedRun, settlement: Settlement, recorded: Recorded | undefined): Settlement {
    if (recorded?.kind === 'superseded') {
      this.#logger.warn('a later attempt is recorded; the end of this one is refused', {
        ...run.fields,
      });
    }
    if (recorded?.kind === 'foreign') {
      this.#logger.error('the execution on record is of another task; its record stays as it is', {
        ...run.fields,
        taskOnRecord: recorded.task,
      });
    }
    if (recorded?.kind !== 'final') return settlement;
    const { state, report } = recorded;
    return { kind: 'final', state, report };
  }

  /** Tries until it succeeds or is not worth it any more. Never rejects. */
  async #again<T>(write: () => Promise<T>, mayGoOn: () => boolean): Promise<T | undefined> {
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 2)) {
      try {
        return await write();
      } catch (error) {
        const isOver = hasCode(error, 'SKEP_STORE_CLOSED') || !mayGoOn();
        if (isOver) this.#logger.error('recording the execution failed', { error });
        else this.#logger.warn('recording the execution failed, trying again', { error });
        if (isOver) return undefined;
        await sleep(waitMs);
        if (!mayGoOn()) return undefined;
      }
    }
  }

  #observe(tell: (observer: RunObserver) => void): void {
    for (const observer of this.#observers) {
      try {
        tell(observer);
      } catch (error) {
        this.#logger.error('an observer threw', { observer: observer.constructor.name, error });
      }
    }
  }
}

/** What the tracker is told of a run. */
export function attemptOf({ fields, fence }: RecordedRun): TrackedAttempt {
  const { executionId, task, attempt, worker } = fields;
  return { executionId, task, attempt, worker, fence };
}
