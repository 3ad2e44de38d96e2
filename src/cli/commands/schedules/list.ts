// `skep schedules list`: what is scheduled, in words, how it went last and when it comes next.
import pc from 'picocolors';
import { type Schedule, type ScheduleState, zonedTime } from '../../../plugins/scheduler/index.js';
import type { CommandContext } from '../../command.js';
import { isoTime, stateText } from '../../terminal/states.js';
import { readSchedules } from './with-schedules.js';

export async function list(context: CommandContext): Promise<number> {
  const { output } = context;
  const rows = await readSchedules(context, (schedules) => schedules.list());
  if (output.json) output.document(rows.map(scheduleDocument));
  else if (rows.length === 0) {
    output.line('No schedule: put @Schedule on a task, or name one in tasks.<code>.schedule.');
  } else {
    output.table(rows, [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'TASK', value: ({ task }) => task },
      { title: 'WHEN', value: ({ when }) => when },
      { title: 'LAST', value: lastText },
      { title: 'NEXT', value: nextText },
      { title: 'STATE', value: stateCell },
    ]);
  }
  return 0;
}

const stateWord: Record<ScheduleState, string> = {
  active: pc.green('active'),
  paused: pc.yellow('paused'),
  disabled: pc.dim('disabled'),
  ended: pc.dim('ended'),
  new: pc.cyan('new, from the next start on'),
  broken: pc.red('broken'),
};

const stateCell = ({ state, problem }: Schedule): string =>
  problem === undefined ? stateWord[state] : `${stateWord[state]}: ${problem}`;

/** Of a broken one the zone may be what is wrong. */
const shownZone = ({ state, zone }: Schedule): string => (state === 'broken' ? 'UTC' : zone);

const lastText = (schedule: Schedule): string => {
  const { lastState, lastFireAt } = schedule;
  if (lastFireAt === undefined) return '-';
  const time = zonedTime(lastFireAt, shownZone(schedule));
  return lastState === undefined ? time : `${stateText(lastState)} ${time}`;
};

const nextText = ({ nextFireAt, zone, state }: Schedule): string =>
  nextFireAt === undefined || state === 'broken' ? '-' : zonedTime(nextFireAt, zone);

/** The JSON form of a schedule; times are ISO 8601. */
export function scheduleDocument(schedule: Schedule): object {
  return {
    ...schedule,
    problem: schedule.problem ?? null,
    startsAt: isoTime(schedule.startsAt),
    endsAt: isoTime(schedule.endsAt),
    pausedAt: isoTime(schedule.pausedAt),
    nextFireAt: isoTime(schedule.nextFireAt),
    lastFireAt: isoTime(schedule.lastFireAt),
    lastExecutionId: schedule.lastExecutionId ?? null,
    lastState: schedule.lastState ?? null,
  };
}
