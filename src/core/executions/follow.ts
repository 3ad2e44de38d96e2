// Follows executions: those that come, and each change of state, for as long as somebody wants to know.
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from '../errors/skep-error.js';
import {
  type ExecutionState,
  type ExecutionView,
  executionStates,
  finalStates,
  isFinal,
} from '../execution.js';
import type { HistoryFilter, HistoryPage } from '../ports/execution-history.js';
import type { Looking } from './looking.js';

const everyMs = 500;
const pageSize = 500;
/** New ones, and ends, are read back to what the round before has seen, but no further than this. */
const mostPages = 10;
const unfinished = executionStates.filter((state) => !isFinal(state));

/** What was told of an execution, or passed over because its state does not fit. */
type Known = ReadonlyMap<string, { readonly state: ExecutionState; readonly attempt: number }>;

export interface Following {
  readonly filter: HistoryFilter;
  /** How many to begin with. */
  readonly first: number;
  readonly signal: AbortSignal;
  /** Without payloads and long results of those on record. @default false */
  readonly brief?: boolean;
  /** Called in each round that could not see every change: there were more than it reads. */
  readonly onMissed: () => void;
}

/** First the newest that fit, oldest first; then whatever changes. Ends by throwing the signal's reason. */
export async function* followExecutions(
  executions: Looking,
  { filter, first, signal, onMissed, brief = false }: Following,
): AsyncGenerator<ExecutionView> {
  const { states, ...rest } = filter;
  const others = { ...rest, brief };
  const fits = ({ state }: ExecutionView): boolean =>
    states === undefined || states.includes(state);
  // What has ended before is no news.
  let latest = await look(executions, others);
  if (latest.missed) onMissed();
  let known = new Map([...byId(latest.earlier), ...latest.views]);
  for (const view of (await executions.list({ ...filter, brief, limit: first })).reverse()) {
    known.set(view.id, view);
    yield view;
  }
  for (;;) {
    await sleep(everyMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    latest = await look(executions, others, { known, hadMore: latest.hasMore });
    const gone = await vanished(executions, known, latest.views);
    if (latest.missed || gone.missed) onMissed();
    const byDispatch = [...gone.views, ...latest.views.values()].sort(
      (a, b) => a.dispatchedAt - b.dispatchedAt,
    );
    const seen = byId(latest.earlier);
    for (const view of byDispatch) {
      const before = known.get(view.id);
      seen.set(view.id, view);
      const isNews = before?.state !== view.state || before.attempt !== view.attempt;
      if (isNews && fits(view)) yield view;
    }
    known = seen;
  }
}

type BriefFilter = HistoryFilter & Pick<HistoryPage, 'brief'>;

interface Look {
  readonly views: Map<string, ExecutionView>;
  /** Of these nobody knows whether they had ended before: what a later look finds beside them has ended since. */
  readonly earlier: readonly ExecutionView[];
  /** More have not ended than were looked at. */
  readonly hasMore: boolean;
  readonly missed: boolean;
}

/** The newest of those that may yet change, of those that have ended, and of all; the later look counts. */
async function look(
  executions: Looking,
  filter: BriefFilter,
  { known, hadMore = false }: { readonly known?: Known; readonly hadMore?: boolean } = {},
): Promise<Look> {
  const changing = await executions.list({ ...filter, states: unfinished, limit: pageSize });
  const hasMore = changing.length === pageSize;
  // Behind a long queue, what ends is not among the newest of all; without one, all that may end is known.
  const ends = { ...filter, states: finalStates };
  const earlier = hasMore && !hadMore ? await executions.list({ ...ends, limit: pageSize }) : [];
  const ended =
    hadMore && known
      ? await upToKnown(executions, ends, endedOf(known))
      : { views: [], missed: false };
  const newest = await upToKnown(executions, filter, known);
  const views = byId([...changing, ...ended.views, ...newest.views]);
  return { views, earlier, hasMore, missed: hasMore || ended.missed || newest.missed };
}

const byId = (views: readonly ExecutionView[]): Map<string, ExecutionView> =>
  new Map(views.map((view) => [view.id, view]));

const endedOf = (known: Known): Known =>
  new Map([...known].filter(([, { state }]) => isFinal(state)));

/** Newest first, on to a page with one that is known; one page where nothing is known yet. */
async function upToKnown(
  executions: Looking,
  filter: BriefFilter,
  known: Known | undefined,
): Promise<{ readonly views: readonly ExecutionView[]; readonly missed: boolean }> {
  const views: ExecutionView[] = [];
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await older(executions, filter, views.at(-1)?.id);
    if (page === undefined) break;
    views.push(...page);
    const isAll = page.length < pageSize || known === undefined;
    if (isAll || page.some(({ id }) => known.has(id))) return { views, missed: false };
  }
  return { views, missed: true };
}

/** Undefined when the one to page on from is gone: a queue forgets what has ended. */
async function older(
  executions: Looking,
  filter: BriefFilter,
  before: string | undefined,
): Promise<ExecutionView[] | undefined> {
  try {
    return await executions.list({ ...filter, limit: pageSize, before });
  } catch (error) {
    if (!hasCode(error, 'SKEP_EXECUTION_UNKNOWN')) throw error;
    return undefined;
  }
}

/** Those that were known and unfinished, and are in no list any more; not all of them, where they are many. */
async function vanished(
  executions: Looking,
  known: Known,
  listed: ReadonlyMap<string, unknown>,
): Promise<{ readonly views: readonly ExecutionView[]; readonly missed: boolean }> {
  const ids = [...known].filter(([id, { state }]) => !isFinal(state) && !listed.has(id));
  const found: ExecutionView[] = [];
  for (const [id] of ids.slice(0, pageSize)) {
    const view = await executions.find(id);
    if (view !== undefined) found.push(view);
  }
  return { views: found, missed: ids.length > pageSize };
}
