// Replicated rows whose dates or times no rule can read. `hris_replication` sets such rows aside; these were stored by
// a version that did not, or were written by somebody else.
import type { Logger } from '../../../core/log/logger.js';

interface UnreadableRow {
  readonly table: string;
  readonly id: number;
  readonly column: string;
  readonly value: unknown;
}

/** Rows that a warning names; the others are only counted. */
const mostNamed = 20;

/** The rows that were left out while the replicated tables were read. */
export class UnreadableRows {
  #count = 0;
  readonly #named: UnreadableRow[] = [];

  add(table: string, id: number, column: string, value: unknown): void {
    this.#count += 1;
    if (this.#named.length < mostNamed) this.#named.push({ table, id, column, value });
  }

  /** Warns of them, if there are any: what they say is left out of everything that is computed. */
  warn(logger: Logger): void {
    if (this.#count === 0) return;
    logger.warn(
      'replicated rows hold dates or times that do not exist; they are left out until HRIS is corrected and replicated',
      { rows: this.#count, first: this.#named },
    );
  }
}
