// Adds executions to queues, durably or with an error in bounded time.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { Enqueue } from '../../../core/ports/broker.js';
import { settleWithin } from '../../../core/within.js';
import type { RedisClient } from './client.js';
import { jobText, wholeTime } from './job.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import { add } from './scripts/add.js';

export interface AddingParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly timeoutMs: number;
}

type Word = string | number;

/** Lua unpacks no more; larger calls are cut, and go as one transaction. */
const mostPerCall = 1_000;
/** How long a lane is believed to be in the list of lanes: someone may empty the server while it is connected. */
const believedMs = 1_000;

export class Adding {
  readonly #parts: AddingParts;
  /** Lanes that are in the list of lanes, as far as this process knows, and until when that is believed. */
  readonly #announced = new Map<string, number>();
  readonly #going = new Set<Promise<unknown>>();

  constructor(parts: AddingParts) {
    this.#parts = parts;
    // A server that has lost its memory has lost that list, too.
    parts.link.onReturn(() => this.forget());
  }

  /** @throws SkepError `SKEP_QUEUE_UNREACHABLE`, `SKEP_PAYLOAD_INVALID`, `SKEP_DISPATCH_INVALID`. */
  async add(entries: readonly Enqueue[]): Promise<readonly string[]> {
    const calls = this.#calls(entries);
    if (entries.length === 0) return [];
    const going = this.#send(entries, calls);
    this.#going.add(going);
    try {
      return await going;
    } finally {
      this.#going.delete(going);
    }
  }

  /** The list of lanes may be lost: lanes are announced again when something is added to them. */
  forget(): void {
    this.#announced.clear();
  }

  /** Puts lanes into the list of lanes. */
  async announce(lanes: readonly string[]): Promise<void> {
    const now = performance.now();
    const fresh = [...new Set(lanes)].filter((lane) => (this.#announced.get(lane) ?? 0) <= now);
    if (fresh.length === 0) return;
    const { link, keys, timeoutMs } = this.#parts;
    // Asked first: a server whose memory is full takes no write, and workers are to drain it.
    await link.send(async (redis) => {
      const known = await redis.smismember(keys.lanes, ...fresh);
      const missing = fresh.filter((_, index) => known[index] !== 1);
      if (missing.length > 0) await redis.sadd(keys.lanes, ...missing);
    }, timeoutMs);
    for (const lane of fresh) this.#announced.set(lane, now + believedMs);
  }

  /** Waits for what is under way. */
  async close(timeoutMs: number): Promise<void> {
    await settleWithin(() => Promise.allSettled([...this.#going]), timeoutMs);
  }

  async #send(entries: readonly Enqueue[], calls: readonly Call[]): Promise<readonly string[]> {
    await this.announce(entries.map(({ envelope }) => envelope.queue));
    const { link, timeoutMs } = this.#parts;
    // An id that is known is left alone, so a call whose answer was lost may be made again.
    const answers = await link.send(async (redis) => {
      const [only] = calls;
      if (calls.length === 1 && only) return [await redis.scripts.add(only.base, ...only.words)];
      return answersOf(await transact(redis, calls));
    }, timeoutMs);
    const ids: string[] = [];
    calls.forEach(({ places }, call) => {
      places.forEach((place, index) => {
        ids[place] = answers[call]?.[index] ?? '';
      });
    });
    return ids;
  }

  /** One call for each queue and so many entries. */
  #calls(entries: readonly Enqueue[]): Call[] {
    const calls: Call[] = [];
    const open = new Map<string, Call>();
    entries.forEach(({ envelope, availableAt }, place) => {
      const { base, suffix } = this.#parts.keys.lane(envelope.queue);
      let call = open.get(base);
      if (call === undefined || call.places.length >= mostPerCall) {
        call = { base, words: [], places: [] };
        open.set(base, call);
        calls.push(call);
      }
      const { unique } = envelope;
      call.places.push(place);
      call.words.push(suffix, envelope.id, jobText(envelope, availableAt), wholeTime(availableAt));
      call.words.push(
        unique?.key ?? '',
        unique?.until === undefined ? '' : Math.ceil(unique.until),
      );
    });
    return calls;
  }
}

interface Call {
  readonly base: string;
  readonly words: Word[];
  /** Where its entries stand among all. */
  readonly places: number[];
}

/** In a transaction a script that Redis has forgotten is not sent again by itself. */
async function transact(
  redis: RedisClient,
  calls: readonly Call[],
): Promise<[Error | null, unknown][] | null> {
  const once = (): Promise<[Error | null, unknown][] | null> => {
    const transaction = redis.transaction();
    for (const { base, words } of calls) transaction.add(base, ...words);
    return transaction.exec();
  };
  const answers = await once();
  if (!answers?.some(([error]) => error?.message.startsWith('NOSCRIPT'))) return answers;
  await redis.script('LOAD', add);
  return once();
}

function answersOf(answers: [Error | null, unknown][] | null): string[][] {
  if (answers === null) {
    throw new SkepError('SKEP_QUEUE_UNFIT', 'Redis did not carry out the transaction');
  }
  return answers.map(([error, ids]) => {
    if (error) throw error;
    return ids as string[];
  });
}
