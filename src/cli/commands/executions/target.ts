// What `replay` and `cancel` are about: one execution, or all that fit some filters.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { HistoryFilter } from '../../../core/ports/execution-history.js';
import { type FilterFlags, isFiltered, readFilter } from './filter.js';

type Target =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'filter'; readonly filter: HistoryFilter };

/**
 * @param standard what the filter is where it says nothing.
 * @throws SkepError `SKEP_USAGE` when both are given, or neither.
 */
export function idOrFilter(
  verb: string,
  id: string | undefined,
  flags: FilterFlags,
  standard: HistoryFilter,
): Target {
  const filter = readFilter(flags);
  const filtered = isFiltered(filter);
  const remedy = `Give an id, or filters such as --task and --state, to ${verb}.`;
  if (id !== undefined && filtered) {
    throw new SkepError('SKEP_USAGE', 'an id and filters were both given', { remedy });
  }
  if (id !== undefined) return { kind: 'one', id };
  if (filtered) {
    return { kind: 'filter', filter: { ...filter, states: filter.states ?? standard.states } };
  }
  throw new SkepError('SKEP_USAGE', `nothing says which executions to ${verb}`, { remedy });
}
