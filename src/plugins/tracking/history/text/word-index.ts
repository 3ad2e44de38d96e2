// Reads the index of words: in which executions of a range of blocks certain words occur together.
import type { EntityManager } from 'typeorm';
import { firstSeq, Places } from './block.js';

/** When the words before occur in so few blocks, only these are read for the next. */
const fewBlocks = 200;

export class WordIndex {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  /** The newest block that is indexed; -1 before the first. */
  async last(): Promise<number> {
    const [row] = await this.#manager.query<{ last: number | null }[]>(
      'SELECT MAX(block) AS last FROM execution_word_block',
    );
    return Number(row?.last ?? -1);
  }

  /** The newest blocks of which something is not indexed yet. */
  async openBlocks(most: number): Promise<number[]> {
    const rows = await this.#manager.query<{ block: number }[]>(
      'SELECT block FROM execution_word_block WHERE next_at IS NOT NULL ORDER BY block DESC LIMIT ?',
      [most],
    );
    return rows.map(({ block }) => block);
  }

  /** Numbers of the executions that have all of the words, newest first. */
  async find(words: readonly string[], start: number, end: number): Promise<number[]> {
    let found: Map<number, Places> | undefined;
    for (const word of words) {
      const having = await this.#blocks(word, start, end, found);
      if (found !== undefined) {
        for (const [block, places] of having) {
          const before = found.get(block);
          if (before === undefined) having.delete(block);
          else places.intersect(before);
        }
      }
      found = having;
      if (found.size === 0) return [];
    }
    return [...(found ?? [])]
      .sort(([a], [b]) => b - a)
      .flatMap(([block, places]) => places.descending().map((place) => firstSeq(block) + place));
  }

  async #blocks(
    word: string,
    start: number,
    end: number,
    among: ReadonlyMap<number, Places> | undefined,
  ): Promise<Map<number, Places>> {
    const only = among !== undefined && among.size <= fewBlocks ? [...among.keys()] : undefined;
    const range = only
      ? `block IN (${only.map(() => '?').join(', ')})`
      : 'block >= ? AND block < ?';
    const rows = await this.#manager.query<{ block: number; places: Uint8Array }[]>(
      `SELECT block, places FROM execution_word WHERE word = ? AND ${range}`,
      [word, ...(only ?? [start, end])],
    );
    const found = new Map<number, Places>();
    for (const { block, places } of rows) {
      const decoded = Places.decode(places);
      found.get(block)?.unite(decoded) ?? found.set(block, decoded);
    }
    return found;
  }
}
