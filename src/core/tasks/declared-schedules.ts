// The schedules of a task: what its decorators say, with what plugins.json says of the schedule with the same name.
import { SkepError } from '../errors/skep-error.js';
import type { ScheduleOptions } from './declaration.js';
import type { TaskOverride } from './option-schemas.js';

/** A schedule as it was declared; whether its words make sense together, the plugin `scheduler` knows. */
export interface DeclaredSchedule {
  readonly name: string;
  readonly options: ScheduleOptions;
  /** Where the last word was said. */
  readonly declared: 'code' | 'config';
  /** A path in plugins.json, or the name of the decorator and its class. */
  readonly place: readonly PropertyKey[] | string;
}

/** Words that say when; a schedule has one of them, and one in plugins.json replaces one in the code. */
const kinds = ['cron', 'every', 'at'] as const;

/** @param place names the class, for messages. */
export function declaredSchedules(
  code: string,
  schedules: readonly ScheduleOptions[],
  override: TaskOverride['schedule'],
  place: string,
): DeclaredSchedule[] | SkepError[] {
  const byName = new Map<string, DeclaredSchedule>();
  const problems: SkepError[] = [];
  for (const options of schedules) {
    const name = options.name ?? code;
    const at = `@Schedule "${name}" on ${place}`;
    if (byName.has(name)) problems.push(twice(name, at));
    byName.set(name, { name, options, declared: 'code', place: at });
  }
  const named = new Set<string>();
  for (const { path, options } of overrides(code, override)) {
    const name = options.name ?? code;
    if (named.has(name)) problems.push(twice(name, `tasks.${code}.schedule in plugins.json`));
    named.add(name);
    const merged = merge(byName.get(name)?.options ?? {}, options);
    byName.set(name, { name, options: merged, declared: 'config', place: path });
  }
  return problems.length > 0 ? problems : [...byName.values()];
}

function overrides(
  code: string,
  override: TaskOverride['schedule'] = [],
): { readonly path: readonly PropertyKey[]; readonly options: ScheduleOptions }[] {
  const path = ['tasks', code, 'schedule'];
  // What zod leaves out is absent, though its type allows for undefined.
  const some = (options: object): ScheduleOptions => options;
  return Array.isArray(override)
    ? override.map((options, index) => ({ path: [...path, index], options: some(options) }))
    : [{ path, options: some(override) }];
}

function merge(first: ScheduleOptions, second: ScheduleOptions): ScheduleOptions {
  const { cron, every, at, ...rest } = first;
  const kind = kinds.some((each) => second[each] !== undefined) ? {} : { cron, every, at };
  const merged = { ...kind, ...rest, ...second };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

function twice(name: string, place: string): SkepError {
  const message = `the task has two schedules named "${name}"`;
  const remedy = 'Give each of them a name of its own: @Schedule({ name: … }).';
  return new SkepError('SKEP_SCHEDULE_INVALID', message, { place, remedy });
}
