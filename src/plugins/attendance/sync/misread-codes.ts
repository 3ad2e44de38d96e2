// Events whose user code is made of bytes that are not UTF-8. They are stored like others whose code belongs to nobody, and
// their rows are named, so that somebody can mend them in BioStar.
import type { Logger } from '../../../core/log/logger.js';
import { isMisread } from '../../../core/well-formed.js';
import type { LogRow } from './log-tables.js';

/** Rows that a warning names; the others are only counted. */
const mostNamed = 20;

interface MisreadRow {
  readonly table: string;
  readonly key: number;
  readonly column: 'USRID';
}

export class MisreadCodes {
  #count = 0;
  readonly #named: MisreadRow[] = [];

  add(table: string, rows: readonly LogRow[]): void {
    for (const row of rows) {
      if (!isMisread(row.userCode)) continue;
      this.#count += 1;
      if (this.#named.length >= mostNamed) continue;
      this.#named.push({ table, key: Number(row.id), column: 'USRID' });
    }
  }

  /** Warns of them, if there are any. */
  warn(logger: Logger): void {
    if (this.#count === 0) return;
    logger.warn('user codes of BioStar are not valid UTF-8; their events belong to nobody', {
      rows: this.#count,
      first: this.#named,
    });
  }
}
