// The process of a peer: does what its parent asks for, one thing at a time.
import { measures } from './measures.js';
import type { Peer } from './peer.js';

export interface Question {
  readonly measure: string;
  readonly argument: unknown;
}

export type Answer = { readonly value: unknown } | { readonly error: string };

export function serve(peer: Peer): void {
  // Called by name, with an argument that the caller's types have checked.
  const all = measures(peer) as unknown as Record<string, (argument: unknown) => Promise<unknown>>;
  process.on('disconnect', () => process.exit());
  process.on('message', ({ measure, argument }: Question) => {
    const answer = (told: Answer): void => void process.send?.(told);
    Promise.resolve(all[measure]?.(argument)).then(
      (value) => answer({ value }),
      (error: unknown) =>
        answer({ error: error instanceof Error ? String(error.stack) : String(error) }),
    );
  });
}

/** The Redis of the comparison, as the parent names it. */
export const [redisUrl = ''] = process.argv.slice(2);
