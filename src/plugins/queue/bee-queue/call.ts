// A call of the exchange: the settlements that it carries, what it asks for, and its words as the script reads them.
import type { Claim } from './claim.js';
import type { ConsumerSlots, Popped } from './consumer-slots.js';

/** What a settlement writes: its kind and three values (scripts/exchange.ts). */
export type SettlementText = readonly ['F' | 'R' | 'B' | 'P', string, string, string];

/** A settlement that waits to be written. */
export interface Settling {
  readonly claim: Claim;
  readonly slots: ConsumerSlots;
  readonly text: SettlementText;
  resolve(isCurrent: boolean): void;
  reject(error: unknown): void;
}

export interface Call {
  readonly settling: readonly Settling[];
  /** Who is to have what is claimed. */
  readonly slots: ConsumerSlots | undefined;
  readonly wanted: number;
  readonly popped: readonly Popped[];
}

/** Who makes a call. */
interface Caller {
  readonly instance: string;
  readonly worker: string;
  readonly keepFinished: number;
}

/**
 * Arguments of the script `exchange`, which names them (scripts/exchange.ts).
 * @param maySuspect whether an execution that has crashed before may be among what is claimed.
 */
export function wordsOf(call: Call, caller: Caller, maySuspect: boolean): (string | number)[] {
  const { settling, slots, wanted, popped } = call;
  const { instance, worker, keepFinished } = caller;
  const suffixes = slots?.suffixes ?? [];
  const words: (string | number)[] = [
    instance,
    worker,
    wanted,
    maySuspect ? 1 : 0,
    keepFinished,
    suffixes.length,
    ...suffixes,
    popped.length,
  ];
  for (const { suffix, id } of popped) words.push(suffix, id);
  for (const { claim, text } of settling) {
    words.push(text[0], claim.suffix, claim.id, claim.fence, text[1], text[2], text[3]);
  }
  return words;
}
