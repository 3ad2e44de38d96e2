// Progress without a terminal: a log line a fifth of the way, not one a call.
import type { Logger } from '../../core/log/logger.js';
import type { RunFields } from '../../core/log/run-fields.js';
import type { RunObserver } from '../../core/ports/observer.js';

/** Logs how far runs are. */
export class ProgressLog implements RunObserver {
  readonly #fifths = new Map<string, number>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  progress({ executionId }: RunFields, fraction: number, message: string | undefined): void {
    const fifth = Math.floor(fraction * 5);
    if (fifth <= (this.#fifths.get(executionId) ?? 0)) return;
    this.#fifths.set(executionId, fifth);
    this.#logger.info('progress', { percent: Math.floor(fraction * 100), note: message });
  }

  returned(fields: RunFields): void {
    this.ended(fields);
  }

  ended({ executionId }: RunFields): void {
    this.#fifths.delete(executionId);
  }
}
