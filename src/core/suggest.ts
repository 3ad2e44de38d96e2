// The nearest right name for a misspelt one.
import { closest, distance } from 'fastest-levenshtein';

/** The known name nearest to `name`, when it is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = name.toLowerCase();
  const best = closest(
    lower,
    known.map((candidate) => candidate.toLowerCase()),
  );
  const found = known.find((candidate) => candidate.toLowerCase() === best);
  const near = Math.max(2, Math.floor(name.length * 0.4));
  return found !== undefined && distance(lower, best) <= near ? found : undefined;
}

/** `. Did you mean "x"?` for the end of a message, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const best = nearest(name, known);
  return best === undefined ? '' : `. Did you mean "${best}"?`;
}
