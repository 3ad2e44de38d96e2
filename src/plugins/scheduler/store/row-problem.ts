// What is wrong with a row of `schedule`: somebody may have edited it, or written it on a machine that knows other time zones. Such
// a row stops only itself.
import { parseDuration } from '../../../core/duration.js';
import { msOf, type TimeColumn } from '../../tracking/index.js';
import { patternProblem, scheduleKinds, shortestEveryMs } from '../timetable/next-fire.js';
import { isZone } from '../timetable/zone-clock.js';
import type { ScheduleRow } from './schedule-row.js';

const timeColumns = ['starts_at', 'ends_at', 'paused_at', 'next_fire_at', 'last_fire_at'] as const;
const countColumns = ['misfire_grace_ms', 'max_instances', 'jitter_ms'] as const;

/** What makes a row impossible to schedule, in words; undefined for a sound row. */
export function rowProblem(row: ScheduleRow): string | undefined {
  for (const column of timeColumns) {
    if (!isTimeOrNone(row[column])) return `${column}: "${String(row[column])}" is no time`;
  }
  for (const column of countColumns) {
    const value = Number(row[column]);
    if (!Number.isFinite(value) || value < 0) return `${column}: ${row[column]} is no such number`;
  }
  if (!isJson(row.payload)) return 'payload: it is not JSON';
  return timetableProblem(row);
}

const isTimeOrNone = (time: TimeColumn): boolean => !Number.isNaN(msOf(time) ?? 0);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type Times = Pick<ScheduleRow, 'kind' | 'expression' | 'zone'>;

/** Answers that are held ready: ten thousand schedules may be due at one moment. Beyond, all are found anew. */
const mostAnswers = 10_000;
const answers = new Map<string, string | undefined>();

function timetableProblem(times: Times): string | undefined {
  const key = JSON.stringify([times.kind, times.expression, times.zone]);
  if (answers.has(key)) return answers.get(key);
  const answer = findTimetableProblem(times);
  if (answers.size >= mostAnswers) answers.clear();
  answers.set(key, answer);
  return answer;
}

function findTimetableProblem({ kind, expression, zone }: Times): string | undefined {
  if (!scheduleKinds.includes(kind)) return `there is no kind "${kind}" of schedule`;
  if (!isZone(zone)) return `this machine knows no time zone "${zone}"`;
  if (kind === 'cron') {
    const problem = patternProblem(expression);
    return problem === undefined ? undefined : `"${expression}" is no pattern: ${problem}`;
  }
  if (kind === 'date') {
    return Number.isNaN(Date.parse(expression)) ? `"${expression}" is no time` : undefined;
  }
  const every = parseDuration(expression);
  if (every === undefined) return `"${expression}" is no duration`;
  return every < shortestEveryMs ? `every "${expression}" is shorter than 1s` : undefined;
}
