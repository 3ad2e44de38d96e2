// What a schedule is: the words of a declaration, checked and completed.
import { durationMs } from '../../core/duration.js';
import { SkepError } from '../../core/errors/skep-error.js';
import { type JsonValue, toJsonText } from '../../core/json.js';
import { didYouMean } from '../../core/suggest.js';
import type { ScheduleOptions } from '../../core/tasks/declaration.js';
import { parsePayload, payloadJson } from '../../core/tasks/payload.js';
import type { TaskRecord } from '../../core/tasks/task-record.js';
import type { TickPolicy } from './timetable/decide-ticks.js';
import {
  nextFire,
  patternProblem,
  plainPattern,
  type ScheduleKind,
  shortestEveryMs,
  type Timetable,
} from './timetable/next-fire.js';
import { clockOf, isZone, knownZones } from './timetable/zone-clock.js';

export interface ScheduleDefinition extends Timetable, TickPolicy {
  readonly name: string;
  readonly task: string;
  readonly payload: JsonValue;
  readonly jitterMs: number;
  readonly enabled: boolean;
  /** What executions say of who asked for them; `schedule <name>` when undefined. */
  readonly triggeredBy: string | undefined;
}

export interface Declaration {
  readonly name: string;
  readonly record: TaskRecord;
  readonly options: ScheduleOptions;
  /** Where it stands, for messages. */
  readonly place: string | undefined;
  /** Of schedules that name none. */
  readonly zone: string;
}

const defaultGrace = '5m';

/** Checks a schedule. Returns the definition, or every mistake that was found. */
export async function defineSchedule(
  declaration: Declaration,
): Promise<ScheduleDefinition | SkepError[]> {
  const { name, record, options } = declaration;
  const problems = new Problems(declaration);
  const zone = options.zone ?? declaration.zone;
  const knowsZone = isZone(zone);
  if (!knowsZone) {
    problems.add(`there is no time zone "${zone}"${didYouMean(zone, knownZones())}`);
  }
  const readTime = (word: 'at' | 'startsAt' | 'endsAt'): number | undefined => {
    const value = options[word];
    if (value === undefined) return undefined;
    const time = instantOf(value, knowsZone ? zone : 'UTC');
    if (time === undefined) {
      problems.add(
        `${word}: "${String(value)}" is not a time in ISO 8601, such as 2026-04-01T02:00`,
      );
    }
    return time;
  };
  const startsAt = readTime('startsAt');
  const endsAt = readTime('endsAt');
  if (startsAt !== undefined && endsAt !== undefined && endsAt < startsAt) {
    problems.add('endsAt is before startsAt');
  }
  const when = whenOf(options, readTime('at'), problems);
  const payload = await soundPayload(record, options.payload, problems);
  const timetable: Timetable | undefined = when && { ...when, zone, startsAt, endsAt };
  if (timetable && problems.none && nextFire(timetable, 0) === undefined) {
    problems.add('it is never due: no time of it is between startsAt and endsAt');
  }
  if (timetable === undefined || payload === undefined || !problems.none) return problems.all;
  return {
    ...timetable,
    name,
    task: record.code,
    payload,
    misfireGraceMs: durationMs(options.misfireGrace ?? defaultGrace),
    coalesce: options.coalesce ?? true,
    maxInstances: options.maxInstances ?? 1,
    jitterMs: options.jitter === undefined ? 0 : durationMs(options.jitter),
    enabled: options.enabled ?? true,
    triggeredBy: options.triggeredBy,
  };
}

/** Where a schedule that is new, changed or resumed is due first. */
export function firstFire(definition: ScheduleDefinition, now: number): number | undefined {
  if (!definition.enabled) return undefined;
  // A date that has passed already is for the policy to judge, not to be forgotten.
  return nextFire(definition, definition.kind === 'date' ? 0 : now);
}

/** Mistakes of one schedule, with its place. */
class Problems {
  readonly all: SkepError[] = [];
  constructor(private readonly declaration: Pick<Declaration, 'name' | 'place'>) {}

  get none(): boolean {
    return this.all.length === 0;
  }

  add(message: string, remedy?: string): void {
    const { name, place } = this.declaration;
    this.all.push(
      new SkepError('SKEP_SCHEDULE_INVALID', `schedule "${name}": ${message}`, {
        ...(place === undefined ? {} : { place }),
        ...(remedy === undefined ? {} : { remedy }),
      }),
    );
  }
}

function whenOf(
  { cron, every, at }: ScheduleOptions,
  atTime: number | undefined,
  problems: Problems,
): { readonly kind: ScheduleKind; readonly expression: string } | undefined {
  const given = Object.entries({ cron, every, at }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const names = given.map(([name]) => name).join(' and ');
    problems.add(
      given.length === 0 ? 'nothing says when it is due' : `${names} contradict each other`,
      'Give exactly one of cron, every and at.',
    );
  }
  if (cron !== undefined) {
    const problem = patternProblem(cron);
    if (problem !== undefined) {
      const remedy = `Try it: skep schedules next --cron '0 2 * * *'`;
      problems.add(`cron: "${cron}" is no pattern: ${problem}`, remedy);
    }
    // Spelt out, so that a worker of an older version can read what is stored.
    return { kind: 'cron', expression: plainPattern(cron) };
  }
  if (every !== undefined) {
    if (durationMs(every) < shortestEveryMs) problems.add(`every: "${every}" is shorter than 1s`);
    return { kind: 'interval', expression: every };
  }
  if (atTime === undefined) return undefined;
  return { kind: 'date', expression: new Date(atTime).toISOString() };
}

async function soundPayload(
  record: TaskRecord,
  payload: unknown,
  problems: Problems,
): Promise<JsonValue | undefined> {
  try {
    // How large one may be is checked when it is dispatched.
    const json = payloadJson(record, payload, Number.POSITIVE_INFINITY);
    await parsePayload(record, json);
    return json;
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    problems.add(error.message, 'Change its payload to what the schema of the task expects.');
    return undefined;
  }
}

const isoPattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;

/** A time in ISO 8601; as the clock of the zone shows it when it has no offset. Undefined when it is none. */
export function instantOf(value: Date | string, zone: string): number | undefined {
  if (value instanceof Date) return numberOrNone(value.getTime());
  const [, date, time = '00:00', offset] = isoPattern.exec(value) ?? [];
  if (date === undefined) return undefined;
  const wall = numberOrNone(Date.parse(`${date}T${time}Z`));
  // Date.parse takes the 30th of February for the 1st or 2nd of March.
  if (wall === undefined || !new Date(wall).toISOString().startsWith(date)) return undefined;
  if (offset === undefined) return clockOf(zone).instantOf(wall);
  return numberOrNone(Date.parse(`${date}T${time}${offset}`));
}

const numberOrNone = (value: number): number | undefined =>
  Number.isNaN(value) ? undefined : value;

/** Whether two definitions are the same, word for word. */
export function sameDefinition(one: ScheduleDefinition, other: ScheduleDefinition): boolean {
  return words(one) === words(other);
}

/** Whether two definitions are due at the same times. */
export function sameTimes(one: ScheduleDefinition, other: ScheduleDefinition): boolean {
  return timesOf(one) === timesOf(other);
}

const timesOf = (of: ScheduleDefinition): string =>
  JSON.stringify([of.kind, of.expression, of.zone, of.startsAt, of.endsAt, of.enabled]);

const words = (of: ScheduleDefinition): string =>
  JSON.stringify([
    timesOf(of),
    of.task,
    toJsonText(of.payload),
    of.misfireGraceMs,
    of.coalesce,
    of.maxInstances,
    of.jitterMs,
    of.triggeredBy,
  ]);
