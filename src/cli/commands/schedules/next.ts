// `skep schedules next`: when a schedule, or a pattern that is merely tried, is due.
import { SkepError } from '../../../core/errors/skep-error.js';
import { didYouMean } from '../../../core/suggest.js';
import {
  assertSound,
  instantOf,
  isZone,
  knownZones,
  nextFire,
  patternProblem,
  plainPattern,
  type Timetable,
  timetableWords,
  zonedTime,
} from '../../../plugins/scheduler/index.js';
import type { CommandContext } from '../../command.js';
import { readSchedules } from './with-schedules.js';

export interface NextFlags {
  readonly count: number;
  readonly cron?: string;
  readonly tz?: string;
  readonly from?: string;
}

export async function next(
  context: CommandContext,
  name: string | undefined,
  flags: NextFlags,
): Promise<number> {
  if (flags.cron === undefined) return nextOfSchedule(context, name, flags);
  if (name !== undefined)
    throw usage('a name and --cron were both given', 'Leave one of the two out.');
  const timetable = tried(flags.cron, flags.tz ?? 'UTC');
  const from = flags.from === undefined ? Date.now() : timeOf(flags.from, timetable.zone);
  print(context, timetable, timesOf(timetable, from, flags.count), {});
  return 0;
}

async function nextOfSchedule(
  context: CommandContext,
  name: string | undefined,
  { count, tz, from }: NextFlags,
): Promise<number> {
  if (name === undefined) throw usage('name a schedule, or give a pattern with --cron');
  if (tz !== undefined)
    throw usage('--tz is for --cron: a schedule has a time zone of its own', 'Leave --tz out.');
  const { schedule, now } = await readSchedules(context, async (schedules) => ({
    schedule: await schedules.get(name),
    now: await schedules.now(),
  }));
  assertSound(schedule);
  const start = from === undefined ? now : timeOf(from, schedule.zone);
  const { state } = schedule;
  print(context, schedule, timesOf(schedule, start, count), { name, state });
  if (!context.output.json && (state === 'paused' || state === 'disabled')) {
    context.output.line(`It is ${state}: none of them will fire.`);
  }
  return 0;
}

function timesOf(timetable: Timetable, from: number, count: number): number[] {
  const times: number[] = [];
  for (let at = nextFire(timetable, from); at !== undefined; at = nextFire(timetable, at)) {
    times.push(at);
    if (times.length === count) break;
  }
  return times;
}

function tried(cron: string, zone: string): Timetable {
  const problem = patternProblem(cron);
  if (problem !== undefined) {
    throw usage(`--cron: "${cron}" is no pattern: ${problem}`, `For example: --cron '0 2 * * *'.`);
  }
  if (!isZone(zone)) {
    const message = `--tz: there is no time zone "${zone}"${didYouMean(zone, knownZones())}`;
    throw usage(message, 'Give a name such as Asia/Dubai or UTC.');
  }
  return {
    kind: 'cron',
    expression: plainPattern(cron),
    zone,
    startsAt: undefined,
    endsAt: undefined,
  };
}

function timeOf(text: string, zone: string): number {
  const time = instantOf(text, zone);
  if (time !== undefined) return time;
  throw usage(`--from: "${text}" is not a time in ISO 8601, such as 2026-04-01T02:00:00Z`);
}

const usage = (message: string, remedy?: string): SkepError =>
  new SkepError('SKEP_USAGE', message, remedy === undefined ? {} : { remedy });

function print(
  { output }: CommandContext,
  timetable: Timetable,
  times: readonly number[],
  about: object,
): void {
  const { expression, zone } = timetable;
  const when = timetableWords(timetable);
  const rows = times.map((ms) => ({
    at: new Date(ms).toISOString(),
    local: zonedTime(ms, zone),
  }));
  if (output.json) {
    output.document({ ...about, expression, zone, when, times: rows });
    return;
  }
  output.line(when);
  if (rows.length === 0) output.line('It is never due again.');
  for (const { at, local } of rows) output.line(`${local}   ${at}`);
}
