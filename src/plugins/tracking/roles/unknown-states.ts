// Executions that have ended in a state of which nobody can say how long it is kept: somebody has damaged the row, or a newer
// version has written it. They stay, and each is named in the log once.
import type { Logger } from '../../../core/log/logger.js';

export interface OddRow {
  readonly seq: number;
  readonly id: string;
  readonly status: string;
}

/** Rows that are remembered as named; beyond, nothing more is named until the next start. */
const mostNamed = 10_000;
/** Ids in a line of the log. */
const mostExamples = 10;

export class UnknownStates {
  readonly #logger: Logger;
  readonly #named = new Set<number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Names those of the rows that were not named before, in one line. */
  name(rows: readonly OddRow[]): void {
    const room = mostNamed - this.#named.size;
    const fresh = rows.filter(({ seq }) => !this.#named.has(Number(seq))).slice(0, room);
    if (fresh.length === 0) return;
    for (const { seq } of fresh) this.#named.add(Number(seq));
    this.#logger.warn('executions that ended in no state that this version knows are kept', {
      count: fresh.length,
      states: [...new Set(fresh.map(({ status }) => status))].slice(0, mostExamples),
      examples: fresh.slice(0, mostExamples).map(({ id }) => id),
      remedy: 'mend their status in the table execution, or delete them',
    });
  }
}
