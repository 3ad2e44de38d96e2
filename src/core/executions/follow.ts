// Follows executions: those that come, and each change of state, for as long as somebody wants to know.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecutionState, type ExecutionView, executionStates, isFinal } from '../execution.js';
import type { HistoryFilter } from '../ports/execution-history.js';
import type { Executions } from './executions.js';

const everyMs = 500;
/** Looked at in every round: the newest that fit, whatever their state, and the newest that have not ended. */
const mostNew = 500;
const mostUnfinished = 500;
const unfinished = executionStates.filter((state) => !isFinal(state));

/** What was told of an execution, or passed over because its state does not fit. */
type Known = Map<string, { readonly state: ExecutionState; readonly attempt: number }>;

/**
 * First the newest that fit, oldest first; then whatever changes. Ends by throwing the signal's reason.
 * @param first how many to begin with.
 */
export async function* followExecutions(
  executions: Pick<Executions, 'list' | 'find'>,
  filter: HistoryFilter,
  first: number,
  signal: AbortSignal,
): AsyncGenerator<ExecutionView> {
  const { states, ...others } = filter;
  const fits = ({ state }: ExecutionView): boolean =>
    states === undefined || states.includes(state);
  let known: Known = new Map();
  // What has ended before is no news.
  for (const view of await look(executions, others)) known.set(view.id, view);
  for (const view of (await executions.list({ ...filter, limit: first })).reverse()) {
    known.set(view.id, view);
    yield view;
  }
  for (;;) {
    await sleep(everyMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    const seen: Known = new Map();
    const views = await look(executions, others);
    const gone = await ended(executions, known, new Set(views.map(({ id }) => id)));
    for (const view of [...gone, ...views].sort((a, b) => a.dispatchedAt - b.dispatchedAt)) {
      const before = known.get(view.id);
      seen.set(view.id, view);
      const isNews = before?.state !== view.state || before.attempt !== view.attempt;
      if (isNews && fits(view)) yield view;
    }
    known = seen;
  }
}

/** The newest of all, and the newest of those that may yet change. */
async function look(
  executions: Pick<Executions, 'list'>,
  filter: HistoryFilter,
): Promise<ExecutionView[]> {
  const pending = await executions.list({ ...filter, states: unfinished, limit: mostUnfinished });
  const newest = await executions.list({ ...filter, limit: mostNew });
  // The later look counts.
  return [...new Map([...pending, ...newest].map((view) => [view.id, view])).values()];
}

/** Those that were known and unfinished, and are in no list any more. */
async function ended(
  executions: Pick<Executions, 'find'>,
  known: Known,
  listed: ReadonlySet<string>,
): Promise<ExecutionView[]> {
  const found: ExecutionView[] = [];
  for (const [id, { state }] of known) {
    if (isFinal(state) || listed.has(id)) continue;
    const view = await executions.find(id);
    if (view !== undefined) found.push(view);
  }
  return found;
}
