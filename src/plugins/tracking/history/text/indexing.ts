// Fills the index of words, a block of executions at a time: payload and task as soon as a block is full, and what the end
// of an execution adds when it has ended. What is written is only ever added to, and a block is changed by whoever raises
// its `parts` first: two processes at it cost work, and spoil nothing.
import { setImmediate as turn } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { changed } from '../../store/changed.js';
import type { StoreDatabase } from '../../store/store-database.js';
import { blockOf, blockSize, encodePlaces, firstSeq, Places } from './block.js';
import { errorWords, payloadWords, type WordSource } from './words.js';

export interface IndexingParts {
  readonly database: StoreDatabase;
  /** Whether the payload of the task's executions stays when they have ended: otherwise it leaves no words either. */
  readonly keepsPayload: (task: string) => boolean;
  readonly now: () => number;
}

interface BlockRow {
  readonly block: number;
  readonly parts: number;
  /** Whose payload is indexed. */
  readonly payloads: Uint8Array;
  /** Whose end is indexed. */
  readonly ends: Uint8Array;
  readonly first_at: number;
}

interface TextRow extends WordSource {
  readonly seq: number;
  readonly completed_at: unknown;
}

/** A number that nobody uses after so long belongs to a dispatch that came to nothing. */
const missingMs = 3_600_000;
/** Between two looks at the same block, the longer the older it is. */
const soonestMs = 2_000;
const latestMs = 60_000;
/** Words of so many executions are taken in one turn of the event loop. */
const rowsInATurn = 100;
const rowsOfAnInsert = 2_000;
/** Blocks without any execution that are removed at one time. */
const mostRemoved = 4;

export class Indexing {
  readonly #parts: IndexingParts;

  constructor(parts: IndexingParts) {
    this.#parts = parts;
  }

  /** Indexes a block that was not, or what was added to one. @returns false when there is nothing to do. */
  async step(): Promise<boolean> {
    const block = (await this.#nextFull()) ?? (await this.#nextOpen());
    if (block === undefined) return false;
    await this.#index(block);
    return true;
  }

  /** Removes words of blocks whose executions are all gone. */
  async removeEmpty(): Promise<void> {
    const rows = await this.#parts.database.use((manager) =>
      manager.query<{ block: number }[]>(
        `SELECT b.block FROM execution_word_block b
          WHERE NOT EXISTS (SELECT 1 FROM execution e WHERE e.seq >= b.block * ${blockSize} AND e.seq < (b.block + 1) * ${blockSize})
            AND b.block < (SELECT MAX(block) FROM execution_word_block)
          ORDER BY b.block LIMIT ?`,
        [mostRemoved],
      ),
    );
    for (const { block } of rows) await this.#remove(block);
  }

  /** The oldest block that is full and not indexed. */
  async #nextFull(): Promise<BlockRow | undefined> {
    const [newest, block] = await this.#parts.database.use(async (manager) => {
      const last = await numberOf(manager, 'SELECT MAX(block) AS n FROM execution_word_block');
      const first = await numberOf(
        manager,
        'SELECT MIN(seq) AS n FROM execution WHERE seq >= ?',
        firstSeq((last ?? -1) + 1),
      );
      return [await numberOf(manager, 'SELECT MAX(seq) AS n FROM execution'), first];
    });
    if (newest === undefined || block === undefined) return undefined;
    if (blockOf(newest) <= blockOf(block)) return undefined;
    const nothing = new Places().encode();
    const first_at = this.#parts.now();
    return { block: blockOf(block), parts: 0, payloads: nothing, ends: nothing, first_at };
  }

  /** The block that is due to be looked at again. */
  async #nextOpen(): Promise<BlockRow | undefined> {
    const [row] = await this.#parts.database.use((manager) =>
      manager.query<BlockRow[]>(
        'SELECT block, parts, payloads, ends, first_at FROM execution_word_block WHERE next_at <= ? ORDER BY next_at LIMIT 1',
        [this.#parts.now()],
      ),
    );
    return row;
  }

  async #index(row: BlockRow): Promise<void> {
    const { database, keepsPayload, now } = this.#parts;
    const rows = await database.use((manager) => readRows(manager, row));
    const [payloads, ends] = [Places.decode(row.payloads), Places.decode(row.ends)];
    const words = new Map<string, number[]>();
    let complete = 0;
    for (const [at, each] of rows.entries()) {
      const place = each.seq - firstSeq(row.block);
      const hasEnded = each.completed_at !== null;
      if (!payloads.has(place) && (hasEnded || keepsPayload(each.task))) {
        note(words, payloadWords(each), place);
        payloads.add(place);
      }
      if (!ends.has(place) && hasEnded) {
        note(words, errorWords(each), place);
        ends.add(place);
      }
      if (hasEnded) complete += 1;
      if (at % rowsInATurn === rowsInATurn - 1) await turn();
    }
    const age = now() - Number(row.first_at);
    const mayMiss = rows.length < sizeOf(row.block) && age < missingMs;
    const next = complete === rows.length && !mayMiss ? null : now() + wait(age);
    await this.#write(row, words, [payloads.encode(), ends.encode(), row.first_at, next]);
  }

  async #write(
    { block, parts }: BlockRow,
    words: ReadonlyMap<string, readonly number[]>,
    [payloads, ends, firstAt, nextAt]: readonly [Buffer, Buffer, number, number | null],
  ): Promise<void> {
    await this.#parts.database.transaction(async (manager, dialect) => {
      const isOurs =
        parts === 0
          ? await changed(
              manager,
              `INSERT ${dialect === 'sqlite' ? 'OR IGNORE' : 'IGNORE'} INTO execution_word_block (block, parts, payloads, ends, first_at, next_at) VALUES (?, 1, ?, ?, ?, ?)`,
              [block, payloads, ends, firstAt, nextAt],
            )
          : await changed(
              manager,
              'UPDATE execution_word_block SET parts = parts + 1, payloads = ?, ends = ?, next_at = ? WHERE block = ? AND parts = ?',
              [payloads, ends, nextAt, block, parts],
            );
      if (isOurs > 0) await insertWords(manager, block, parts, words);
    });
  }

  async #remove(block: number): Promise<void> {
    await this.#parts.database.transaction(async (manager) => {
      await manager.query('DELETE FROM execution_word WHERE block = ?', [block]);
      await manager.query('DELETE FROM execution_word_block WHERE block = ?', [block]);
    });
  }
}

/** Of a block that was looked at before, texts come only with executions that may have something new. */
async function readRows(manager: EntityManager, block: BlockRow): Promise<TextRow[]> {
  const texts = 'payload, error_code, error_message';
  const nothing = 'NULL AS payload, NULL AS error_code, NULL AS error_message';
  const rows = await manager.query<TextRow[]>(
    `SELECT seq, task, completed_at, ${block.parts === 0 ? texts : nothing} FROM execution WHERE seq >= ? AND seq < ?`,
    [firstSeq(block.block), firstSeq(block.block + 1)],
  );
  const all = rows.map((row) => ({ ...row, seq: Number(row.seq) }));
  if (block.parts === 0) return all;
  const [payloads, ends] = [Places.decode(block.payloads), Places.decode(block.ends)];
  const wanted = all.filter(({ seq, completed_at }) => {
    const place = seq - firstSeq(block.block);
    return completed_at === null ? !payloads.has(place) : !ends.has(place);
  });
  const full = new Map<number, TextRow>();
  for (let at = 0; at < wanted.length; at += rowsOfAnInsert) {
    const some = wanted.slice(at, at + rowsOfAnInsert).map(({ seq }) => seq);
    const found = await manager.query<TextRow[]>(
      `SELECT seq, task, completed_at, ${texts} FROM execution WHERE seq IN (${some.map(() => '?').join(', ')})`,
      some,
    );
    for (const row of found) full.set(Number(row.seq), { ...row, seq: Number(row.seq) });
  }
  return all.map((row) => full.get(row.seq) ?? row);
}

async function insertWords(
  manager: EntityManager,
  block: number,
  part: number,
  words: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  // In the order of the key, which is how a tree is filled best.
  const sorted = [...words].sort(([a], [b]) => (a < b ? -1 : 1));
  for (let at = 0; at < sorted.length; at += rowsOfAnInsert) {
    const some = sorted.slice(at, at + rowsOfAnInsert);
    await manager.query(
      `INSERT INTO execution_word (word, block, part, places) VALUES ${some.map(() => '(?, ?, ?, ?)').join(', ')}`,
      some.flatMap(([word, places]) => [word, block, part, encodePlaces(places)]),
    );
  }
}

function note(words: Map<string, number[]>, found: readonly string[], place: number): void {
  for (const word of found) {
    const places = words.get(word);
    if (places === undefined) words.set(word, [place]);
    else if (places.at(-1) !== place) places.push(place);
  }
}

/** Numbers begin at 1. */
const sizeOf = (block: number): number => (block === 0 ? blockSize - 1 : blockSize);

const wait = (ageMs: number): number => Math.min(latestMs, Math.max(soonestMs, ageMs / 10));

async function numberOf(
  manager: EntityManager,
  sql: string,
  ...values: readonly number[]
): Promise<number | undefined> {
  const [row] = await manager.query<{ n: number | null }[]>(sql, [...values]);
  return row?.n === null || row?.n === undefined ? undefined : Number(row.n);
}
