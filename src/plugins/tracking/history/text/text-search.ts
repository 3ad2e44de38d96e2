// Finds the executions that have certain words, newest first: those that are not indexed yet by looking at their rows, the
// others through the index of words. Every step is bounded, and it ends as soon as a page is full.
import type { HistoryPage } from '../../../../core/ports/execution-history.js';
import type { Pages, SequencedRow } from '../pages.js';
import { above, below, type Condition } from '../selection.js';
import { blockOf, blockSize, firstSeq } from './block.js';
import { WordIndex } from './word-index.js';
import { hasWords, wordsOf } from './words.js';

/** Rows that are looked at one by one: at most the newest of those that are not indexed. */
const mostUnindexed = 3 * blockSize;
/** Blocks with executions that have not ended are looked at as well, but only the newest of them. */
const mostOpenBlocks = 2;
const firstScan = 1_024;
/** So many words leave out most rows in SQL, whose expressions may not nest deeper than SQLite allows; the rest is left to {@link hasWords}. */
const mostLikely = 20;
/** Rows asked for at one time. */
const rowsBatch = 500;
/** Words that more than this part of the rows have leave out too little to begin with them. */
const commonPart = 1 / 4;
/** Blocks looked at together, at first and at most; fewer where the words are common. */
const [firstBlocks, mostBlocks, mostCommonBlocks] = [8, blockSize, 64];

export class TextSearch {
  readonly #pages: Pages;
  readonly #words: readonly string[];
  readonly #index: WordIndex;

  constructor(pages: Pages, words: readonly string[]) {
    this.#pages = pages;
    this.#words = words;
    this.#index = new WordIndex(pages.manager);
  }

  /** @throws SkepError `SKEP_EXECUTION_UNKNOWN` for `before`. */
  async rows(page: HistoryPage): Promise<SequencedRow[]> {
    const end = await this.#pages.seqOf(page.before);
    const bounds = await this.#pages.timeBounds(page);
    const newest = await this.#newest();
    const until = Math.min(end ?? Number.MAX_SAFE_INTEGER, newest + 1);
    const indexed = firstSeq((await this.#index.last()) + 1);
    const from = Math.max(indexed, newest - mostUnindexed, 0);
    const found = await this.#scan(page, bounds, from, until);
    if (found.length >= page.limit) return found;
    return [
      ...found,
      ...(await this.#indexed(page, bounds, Math.min(until, indexed), page.limit - found.length)),
    ];
  }

  async #newest(): Promise<number> {
    const [row] = await this.#pages.manager.query<{ newest: number | null }[]>(
      'SELECT MAX(seq) AS newest FROM execution',
    );
    return Number(row?.newest ?? 0);
  }

  /** Looks at the rows from one number up to, and without, another; newest first. */
  async #scan(
    page: HistoryPage,
    bounds: readonly Condition[],
    from: number,
    until: number,
  ): Promise<SequencedRow[]> {
    const found: SequencedRow[] = [];
    let high = until;
    for (let size = firstScan; from < high && found.length < page.limit; size = blockSize) {
      const low = Math.max(from, high - size);
      const conditions = [above(low - 1), below(high), ...bounds, ...this.#likely()];
      const limit = Math.max(page.limit, 50);
      const rows = await this.#pages.bySeq(page, conditions, limit);
      found.push(...rows.filter((row) => hasWords(row, this.#words)));
      // What did not fit into the answer is asked for next.
      high = (rows.length === limit ? rows.at(-1)?.seq : undefined) ?? low;
    }
    return found.slice(0, page.limit);
  }

  /** Leaves out most rows without the words where they are. Other letters than those of ASCII have other rules there. */
  #likely(): Condition[] {
    const sql = `(${['task', 'payload', 'error_code', 'error_message'].map((column) => `LOWER(${column}) LIKE ?`).join(' OR ')})`;
    return this.#words
      .filter((word) => /^[a-z0-9-]+$/.test(word))
      .slice(0, mostLikely)
      .map((word) => ({ sql, values: Array<string>(4).fill(`%${word}%`) }));
  }

  async #indexed(
    page: HistoryPage,
    bounds: readonly Condition[],
    until: number,
    limit: number,
  ): Promise<SequencedRow[]> {
    const found: SequencedRow[] = [];
    // The task is among the words: then the index leaves out the other tasks as well.
    const words = [...new Set([...this.#words, ...wordsOf(page.task ?? '')])];
    const open = new Set(await this.#index.openBlocks(mostOpenBlocks));
    const range = { end: blockOf(until - 1) + 1, size: firstBlocks };
    while (range.end > 0 && found.length < limit) {
      const batch = nextBatch(range.end, range.size, open);
      const seqs = await this.#index.find(words, batch.start, batch.end);
      const rest = { ...page, limit: limit - found.length };
      if (batch.isOpen) {
        const [low, high] = [firstSeq(batch.start), Math.min(until, firstSeq(batch.end))];
        const scanned = await this.#scan(rest, bounds, low, high);
        const known = new Set(scanned.map(({ seq }) => seq));
        // Indexed while it waited, and without the payload since.
        const others = seqs.filter((seq) => !known.has(seq) && seq < until);
        const more = await this.#rowsOf(rest, bounds, others);
        found.push(...[...scanned, ...more].sort((a, b) => b.seq - a.seq).slice(0, rest.limit));
      } else {
        const older = seqs.filter((seq) => seq < until);
        const rows = (batch.end - batch.start) * blockSize;
        const areCommon = older.length > rows * commonPart;
        found.push(
          ...(areCommon
            ? await this.#fitting(rest, bounds, older)
            : await this.#rowsOf(rest, bounds, older)),
        );
        if (areCommon) range.size = Math.min(range.size, mostCommonBlocks / 8);
      }
      range.end = batch.start;
      range.size = Math.min(range.size * 8, mostBlocks);
    }
    return found;
  }

  /** Like {@link #rowsOf}, for so many that the rest of the filter leads: it may have an index of its own. */
  async #fitting(
    page: HistoryPage,
    bounds: readonly Condition[],
    seqs: readonly number[],
  ): Promise<SequencedRow[]> {
    const known = new Set(seqs);
    const found: SequencedRow[] = [];
    const lowest = seqs.at(-1) ?? 0;
    let high = (seqs[0] ?? -1) + 1;
    for (let size = page.limit; high > lowest && found.length < page.limit; size = rowsBatch) {
      const within = [above(lowest - 1), below(high), ...bounds];
      const rows = await this.#pages.bySeq(page, within, size);
      found.push(...rows.filter(({ seq }) => known.has(seq)));
      high = rows.length < size ? lowest : (rows.at(-1)?.seq ?? lowest);
    }
    return found.slice(0, page.limit);
  }

  /** Those of them that fit the rest of the filter, newest first. */
  async #rowsOf(
    page: HistoryPage,
    bounds: readonly Condition[],
    seqs: readonly number[],
  ): Promise<SequencedRow[]> {
    const found: SequencedRow[] = [];
    for (
      let at = 0, size = page.limit;
      at < seqs.length && found.length < page.limit;
      size = rowsBatch
    ) {
      const some = seqs.slice(at, at + size);
      found.push(...(await this.#pages.among(page, bounds, some, page.limit - found.length)));
      at += size;
    }
    return found;
  }
}

/** The blocks to look at next, down from `end`: an open one by itself, closed ones together. */
function nextBatch(
  end: number,
  size: number,
  open: ReadonlySet<number>,
): { readonly start: number; readonly end: number; readonly isOpen: boolean } {
  if (open.has(end - 1)) return { start: end - 1, end, isOpen: true };
  const lowest = Math.max(0, end - size);
  const nearest = Math.max(-1, ...[...open].filter((block) => block < end));
  return { start: Math.max(lowest, nearest + 1), end, isOpen: false };
}
