// Unique keys: who holds one, and until when. All of it happens in the transaction that queues or ends an execution.
import type { Connection } from './connection.js';
import { type Entry, wholeMs } from './entry.js';
import { finalList } from './schema.js';
import type { Store } from './store.js';

export class UniqueKeys {
  readonly #statements: ReturnType<typeof prepareAll>;
  readonly #store: Store;

  constructor(connection: Connection, store: Store) {
    this.#statements = prepareAll(connection);
    this.#store = store;
  }

  /** Queues an entry unless its key is held. Returns the id that stands for it. */
  insert(entry: Entry, now: number): string {
    const { id, unique } = entry.envelope;
    if (unique === undefined) {
      this.#store.insert(entry);
      return id;
    }
    const { key, until } = unique;
    const holder = this.#statements.holder(key, now)[0]?.[0];
    // What was queued before stands for itself, whoever holds its key now.
    if (holder !== undefined && !this.#store.knows(id)) return String(holder);
    if (this.#store.insert(entry)) {
      this.#statements.hold(key, id, until === undefined ? null : wholeMs(until));
    }
    return id;
  }

  /** An execution is final: gives back the key that it held until then. */
  release(id: string, envelope: unknown): void {
    const key = heldUntilFinal(envelope);
    if (key !== undefined) this.#statements.release(key, id);
  }

  /** Forgets the keys whose time is over. */
  prune(now: number): void {
    this.#statements.prune(now);
  }
}

function prepareAll(connection: Connection) {
  return {
    holder: connection.select(
      `SELECT id FROM unique_keys AS held WHERE key = ? AND iif(until IS NULL,
         EXISTS (SELECT 1 FROM executions WHERE id = held.id AND state NOT IN (${finalList})),
         until > ?)`,
    ),
    hold: connection.change(
      `INSERT INTO unique_keys (key, id, until) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET id = excluded.id, until = excluded.until`,
    ),
    release: connection.change(
      'DELETE FROM unique_keys WHERE key = ? AND id = ? AND until IS NULL',
    ),
    prune: connection.change('DELETE FROM unique_keys WHERE until <= ?'),
  };
}

/** The key that an envelope holds until its execution is final, whatever it may be that was queued as an envelope. */
function heldUntilFinal(envelope: unknown): string | undefined {
  if (typeof envelope !== 'object' || envelope === null || !('unique' in envelope)) {
    return undefined;
  }
  const { unique } = envelope;
  if (typeof unique !== 'object' || unique === null || !('key' in unique)) return undefined;
  return typeof unique.key === 'string' ? unique.key : undefined;
}
