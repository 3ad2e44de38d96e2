// When a schedule is due next. croner finds the wall times of a pattern, on a calendar without a zone; what becomes of
// those that a clock shows twice or never is decided here, alike for every pattern.
import { Cron } from 'croner';
import { durationMs, parseDuration } from '../../../core/duration.js';
import { didYouMean } from '../../../core/suggest.js';
import { clockOf } from './zone-clock.js';

export const scheduleKinds = ['cron', 'interval', 'date'] as const;
export type ScheduleKind = (typeof scheduleKinds)[number];

/** An interval is at least this long, milliseconds. */
export const shortestEveryMs = 1_000;

/** What decides when a schedule is due. Times are milliseconds since 1970 UTC. */
export interface Timetable {
  readonly kind: ScheduleKind;
  /** The pattern, the duration, or the time in ISO 8601 with its offset. */
  readonly expression: string;
  /** IANA name; of the clock that a pattern means. */
  readonly zone: string;
  /** No time before it. */
  readonly startsAt: number | undefined;
  /** No time after it. */
  readonly endsAt: number | undefined;
}

/** The names that cron has for patterns. There is no `@reboot`: what a process does first is not a matter of time. */
const aliases: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** A pattern as it is stored and computed with: a name such as `@daily` spelt out, one space between two fields. */
export function plainPattern(expression: string): string {
  const tidy = expression.trim().replaceAll(/\s+/g, ' ');
  return aliases[tidy.toLowerCase()] ?? tidy;
}

/** Patterns that are held ready; beyond, all are parsed anew. */
const mostPatterns = 10_000;
const patterns = new Map<string, Cron>();

/**
 * A pattern of five or six fields, parsed once.
 * @throws Error that says what is wrong with it.
 */
function patternOf(expression: string): Cron {
  const held = patterns.get(expression);
  if (held !== undefined) return held;
  const plain = plainPattern(expression);
  if (plain.startsWith('@')) {
    const names = Object.keys(aliases);
    throw new RangeError(`expected one of ${names.join(', ')}${didYouMean(plain, names)}`);
  }
  const fields = plain.split(' ').length;
  if (fields < 5 || fields > 6) {
    throw new RangeError(
      'expected five fields (minute, hour, day of month, month, weekday), six with the second before them, or a name such as @daily',
    );
  }
  // Without an offset croner would go through the zone of the process for each step.
  const pattern = new Cron(plain, { mode: '5-or-6-parts', utcOffset: 0, paused: true });
  if (patterns.size >= mostPatterns) patterns.clear();
  patterns.set(expression, pattern);
  return pattern;
}

/** What is wrong with a pattern; undefined for a sound one. */
export function patternProblem(expression: string): string | undefined {
  try {
    const first = patternOf(expression).nextRun(new Date(0));
    return first === null ? 'it names no day that ever comes' : undefined;
  } catch (error) {
    return (error as Error).message.replace(/^CronPattern: /, '');
  }
}

/** The first time after an instant; undefined when there is none. */
export function nextFire(timetable: Timetable, after: number): number | undefined {
  const { startsAt, endsAt } = timetable;
  const from = startsAt === undefined ? after : Math.max(after, startsAt - 1);
  const next = nextOf(timetable, from);
  return next === undefined || (endsAt !== undefined && next > endsAt) ? undefined : next;
}

function nextOf(timetable: Timetable, after: number): number | undefined {
  const { kind, expression } = timetable;
  if (kind === 'cron') return nextOfPattern(expression, timetable.zone, after);
  if (kind === 'interval') return nextOfInterval(timetable, after);
  const at = Date.parse(expression);
  return at > after ? at : undefined;
}

/** Counted from its start and not from the time before, so that it does not drift and is the same in every process. */
function nextOfInterval({ expression, startsAt = 0 }: Timetable, after: number): number {
  const every = parseDuration(expression) ?? durationMs('1d');
  return startsAt + Math.max(0, Math.floor((after - startsAt) / every) + 1) * every;
}

/**
 * Wall times in a gap of the clock all mean its end, and those that happen twice mean the first time: what has come
 * already is passed over, so that either is one time.
 */
function nextOfPattern(expression: string, zone: string, after: number): number | undefined {
  const pattern = patternOf(expression);
  const clock = clockOf(zone);
  let wall = new Date(clock.wallOf(after));
  for (;;) {
    const next = pattern.nextRun(wall);
    if (next === null) return undefined;
    const instant = clock.instantOf(next.getTime());
    if (instant > after) return instant;
    wall = next;
  }
}
