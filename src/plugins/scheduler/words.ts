// A timetable in words, for people.
import cronstrue from 'cronstrue';
import { formatMs, parseDuration } from '../../core/duration.js';
import type { Timetable } from './timetable/next-fire.js';
import { clockOf } from './timetable/zone-clock.js';

/** `At 02:00, Africa/Cairo`. */
export function timetableWords({ kind, expression, zone }: Timetable): string {
  if (kind === 'interval') return `Every ${formatMs(parseDuration(expression) ?? 0)}`;
  if (kind === 'date') return `Once, ${zonedTime(Date.parse(expression), zone)}`;
  return `${patternWords(expression)}, ${zone}`;
}

/** What croner understands and cronstrue does not is shown as it is. */
function patternWords(expression: string): string {
  const words = cronstrue.toString(expression, {
    use24HourTimeFormat: true,
    throwExceptionOnParseError: false,
  });
  return /error/i.test(words) ? expression : words;
}

/** `2026-04-01 02:00:00 +04:00`, as a clock of the zone shows it. */
export function zonedTime(ms: number, zone: string): string {
  const wall = clockOf(zone).wallOf(ms);
  const text = new Date(wall).toISOString().slice(0, 19).replace('T', ' ');
  const minutes = Math.round((wall - ms) / 60_000);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${text} ${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}
