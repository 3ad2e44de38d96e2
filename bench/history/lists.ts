// Times `list` with each filter: the first page and those after it, as somebody who pages on would ask for them.
import type { ExecutionHistory, HistoryFilter } from '../../src/core/ports/execution-history.js';
import { median } from '../support/median.js';
import { kinds } from './fill.js';

const pages = 10;
const limit = 20;
const hourMs = 3_600_000;

export interface ListFigure {
  readonly filter: string;
  readonly medianMs: number;
  readonly worstMs: number;
  readonly found: number;
}

export function filters(now: number): Record<string, HistoryFilter> {
  const { tasks, queues, workers, schedules, texts } = kinds;
  return {
    none: {},
    'state success': { states: ['success'] },
    'state queued': { states: ['queued'] },
    'state quarantined (rare, old)': { states: ['quarantined'] },
    'state timed_out (none)': { states: ['timed_out'] },
    'states failed, queued, quarantined': { states: ['failed', 'queued', 'quarantined'] },
    'task, common': { task: tasks.common },
    'task, rare and old': { task: tasks.rare },
    'task, none': { task: 'nobody_has_it' },
    'queue, common': { queue: queues.common },
    'queue, rare': { queue: queues.rare },
    'worker, common': { worker: workers.common },
    'worker, rare': { worker: workers.rare },
    'schedule, common': { schedule: schedules.common },
    'schedule, rare': { schedule: schedules.rare },
    'since 2 h': { since: now - 2 * hourMs },
    'until 20 d ago': { until: now - 480 * hourMs },
    'since 10 d until 9 d ago': { since: now - 240 * hourMs, until: now - 216 * hourMs },
    'text, in every row': { text: texts.common },
    'text, in one of 100': { text: texts.some },
    'text, in one of 50,000': { text: texts.rare },
    'text, two words never together': { text: texts.two },
    'text, none': { text: 'nobodyhasit' },
  };
}

/** Beside one filter: what they cost together. Without a figure to reach. */
export function combinations(now: number): Record<string, HistoryFilter> {
  const { tasks, schedules, texts } = kinds;
  return {
    'task + state failed': { task: tasks.common, states: ['failed'] },
    'task + until 20 d ago': { task: tasks.common, until: now - 480 * hourMs },
    'state failed + since 1 d': { states: ['failed'], since: now - 24 * hourMs },
    'schedule + state failed + until 5 d ago': {
      schedule: schedules.common,
      states: ['failed'],
      until: now - 120 * hourMs,
    },
    'text + task rare': { text: texts.common, task: tasks.rare },
    'text + state failed': { text: texts.common, states: ['failed'] },
  };
}

export async function timeList(
  history: ExecutionHistory,
  name: string,
  filter: HistoryFilter,
): Promise<ListFigure> {
  const times: number[] = [];
  let before: string | undefined;
  let found = 0;
  for (let page = 0; page < pages; page += 1) {
    const began = performance.now();
    const rows = await history.list({ ...filter, limit, before });
    times.push(performance.now() - began);
    found += rows.length;
    // A filter with fewer rows than pages is asked again from the top.
    before = rows.length === limit ? rows.at(-1)?.id : undefined;
  }
  return { filter: name, medianMs: median(times), worstMs: Math.max(...times), found };
}
