// Executions as a queue knows them: what it can be asked for, and what only a record can tell.
import { lanesNamed } from '../dispatch/lanes.js';
import { SkepError } from '../errors/skep-error.js';
import type { ExecutionView } from '../execution.js';
import type { Broker, ExecutionFilter } from '../ports/broker.js';
import type { HistoryFilter, HistoryPage } from '../ports/execution-history.js';

/** So many are asked for at one time where some of them will be left out. */
const batch = 500;

/** Words of a filter that a queue knows nothing of, as people give them. */
export function beyondQueue(filter: HistoryFilter): string[] {
  const { worker, schedule, text, since, until } = filter;
  return Object.entries({ worker, schedule, text, since, until })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
}

/** @throws SkepError `SKEP_NOT_TRACKING`, instead of a list that is empty for another reason. */
export function assertQueueCanTell(filter: HistoryFilter): void {
  const beyond = beyondQueue(filter);
  if (beyond.length === 0) return;
  const message = `only a record of executions can answer ${beyond.join(', ')}, and this installation keeps none`;
  throw new SkepError('SKEP_NOT_TRACKING', message);
}

export const unknownExecution = (id: string): SkepError =>
  new SkepError('SKEP_EXECUTION_UNKNOWN', `there is no execution ${id}`);

/** Ids made later sort later. */
export const newestFirst = (a: ExecutionView, b: ExecutionView): number =>
  b.dispatchedAt - a.dispatchedAt || (a.id < b.id ? 1 : -1);

/**
 * Newest first.
 * @param older what `before` names, when that may be one that the queue does not know.
 * @throws SkepError `SKEP_EXECUTION_UNKNOWN` for `before`.
 */
export async function listQueued(
  broker: Pick<Broker, 'list' | 'find'>,
  page: HistoryPage,
  wanted: (view: ExecutionView) => boolean,
  older?: ExecutionView,
): Promise<ExecutionView[]> {
  const { before, limit } = page;
  const inQueue = before === undefined ? undefined : await broker.find(before);
  if (before !== undefined && inQueue === undefined && older === undefined)
    throw unknownExecution(before);
  const isOlder = (view: ExecutionView): boolean =>
    inQueue !== undefined || older === undefined || newestFirst(older, view) < 0;
  const found: ExecutionView[] = [];
  const ways = waysOf(page);
  for (const way of ways) {
    const fitting: ExecutionView[] = [];
    for await (const view of views(broker, way, limit, inQueue?.id)) {
      if (wanted(view) && isOlder(view)) fitting.push(view);
      if (fitting.length === limit) break;
    }
    found.push(...fitting);
  }
  return ways.length > 1 ? found.sort(newestFirst).slice(0, limit) : found;
}

export async function countQueued(
  broker: Pick<Broker, 'list'>,
  filter: HistoryFilter,
  wanted: (view: ExecutionView) => boolean,
): Promise<number> {
  let count = 0;
  for (const way of waysOf(filter)) {
    for await (const view of views(broker, way, batch)) if (wanted(view)) count += 1;
  }
  return count;
}

/** All of them, newest first of each lane. */
export async function* queuedPages(
  broker: Pick<Broker, 'list'>,
  filter: HistoryFilter,
  limit: number,
  wanted: (view: ExecutionView) => boolean,
): AsyncGenerator<ExecutionView[]> {
  let page: ExecutionView[] = [];
  for (const way of waysOf(filter)) {
    for await (const view of views(broker, way, batch)) {
      if (wanted(view)) page.push(view);
      if (page.length < limit) continue;
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

/** What a queue is asked for: one lane at a time, of one task. */
type Way = Omit<ExecutionFilter, 'limit' | 'before'>;

function waysOf({ states, queue, task }: HistoryFilter): Way[] {
  const lanes = queue === undefined ? [undefined] : lanesNamed(queue);
  return lanes.map((lane) => ({
    ...(states === undefined ? {} : { states }),
    ...(lane === undefined ? {} : { queue: lane }),
    ...(task === undefined ? {} : { task }),
  }));
}

/** All of them, newest first; read as far as somebody wants them. */
async function* views(
  broker: Pick<Broker, 'list'>,
  way: Way,
  limit: number,
  older?: string,
): AsyncGenerator<ExecutionView> {
  const size = Math.max(limit, batch);
  let before = older;
  for (;;) {
    const rows = await broker.list({
      ...way,
      limit: size,
      ...(before === undefined ? {} : { before }),
    });
    yield* rows;
    before = rows.at(-1)?.id;
    if (rows.length < size) return;
  }
}
