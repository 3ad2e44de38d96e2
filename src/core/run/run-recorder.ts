// Tells the tracker and the observers what happens to runs. Failing to record changes nothing of what a task did.
import type { Logger } from '../log/logger.js';
import type { RunFields } from '../log/run-fields.js';
import type { Settlement } from '../ports/broker.js';
import type { RunObserver } from '../ports/observer.js';
import type { Tracker } from '../ports/tracker.js';

/** A run as far as recording needs it. */
export interface RecordedRun {
  readonly fields: RunFields;
  readonly tracked: boolean;
}

export class RunRecorder {
  constructor(
    private readonly tracker: Tracker,
    private readonly observers: readonly RunObserver[],
    private readonly logger: Logger,
  ) {}

  async started(run: RecordedRun, startedAt: number): Promise<void> {
    if (run.tracked) await this.#guarded(() => this.tracker.running(run.fields, startedAt));
    this.#observe((observer) => observer.started?.(run.fields));
  }

  progress(run: RecordedRun, fraction: number, message: string | undefined): void {
    this.#observe((observer) => observer.progress?.(run.fields, fraction, message));
    if (!run.tracked) return;
    void this.#guarded(async () => this.tracker.progress(run.fields, fraction, message));
  }

  /** Before the delivery is settled: what was finished is recorded before the queue forgets it. */
  async ended(run: RecordedRun, settlement: Settlement): Promise<void> {
    if (!('report' in settlement)) return this.#returned(run);
    const { report } = settlement;
    if (run.tracked) {
      await this.#guarded(() =>
        settlement.kind === 'final'
          ? this.tracker.final(run.fields, settlement.state, report)
          : this.tracker.retrying(run.fields, report, settlement.availableAt),
      );
    }
    const state = settlement.kind === 'final' ? settlement.state : 'retrying';
    this.#observe((observer) => observer.ended?.(run.fields, state, report));
  }

  async #returned(run: RecordedRun): Promise<void> {
    if (run.tracked) await this.#guarded(() => this.tracker.returned(run.fields));
    this.#observe((observer) => observer.returned?.(run.fields));
  }

  async #guarded(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      this.logger.error('recording the execution failed', { error });
    }
  }

  #observe(tell: (observer: RunObserver) => void): void {
    for (const observer of this.observers) {
      try {
        tell(observer);
      } catch (error) {
        this.logger.error('an observer threw', { error });
      }
    }
  }
}
