// How states, times and results look to a person.
import pc from 'picocolors';
import { formatMs } from '../../core/duration.js';
import type { ExecutionState } from '../../core/execution.js';
import type { JsonValue } from '../../core/json.js';
import type { WorkerStatus } from '../../core/ports/control.js';

const paint: Record<ExecutionState, (text: string) => string> = {
  pending: pc.dim,
  queued: pc.dim,
  running: pc.cyan,
  retrying: pc.yellow,
  success: pc.green,
  failed: pc.red,
  timed_out: pc.red,
  cancelled: pc.yellow,
  quarantined: pc.magenta,
  skipped: pc.dim,
};

/** A state that this version does not know, which only a damaged or a newer row has, is shown as it is. */
export const stateText = (state: ExecutionState): string =>
  Object.hasOwn(paint, state) ? paint[state](state) : String(state);

export const workerStateText = (state: WorkerStatus['state']): string =>
  state === 'running' ? pc.green(state) : pc.yellow(state);

/** From here on, times written by two machines are visibly out of order. */
const largeDifferenceMs = 2_000;

export const isFarOff = (aheadMs: number | undefined): boolean =>
  Math.abs(aheadMs ?? 0) > largeDifferenceMs;

/** By how much a clock is ahead of another one: `+3 ms`, `-1.5 s`; `-` where that is not known. */
export function clockText(aheadMs: number | undefined): string {
  if (aheadMs === undefined) return '-';
  const text = `${aheadMs < 0 ? '-' : '+'}${formatMs(Math.abs(aheadMs))}`;
  return isFarOff(aheadMs) ? pc.yellow(text) : text;
}

/** ISO 8601; null where there is no time, and for a number that is none: a damaged record must not end a list of others. */
export function isoTime(ms: number | undefined): string | null {
  const time = new Date(ms ?? Number.NaN);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** `2026-03-31 12:00:05 +04:00`: local time, with its distance from UTC then; `-` for none, and for a number that is none. */
export function timeText(ms: number | undefined): string {
  const time = new Date(ms ?? Number.NaN);
  if (Number.isNaN(time.getTime())) return '-';
  const pad = (value: number): string => String(value).padStart(2, '0');
  const date = [time.getFullYear(), pad(time.getMonth() + 1), pad(time.getDate())].join('-');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(pad).join(':');
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  const zone = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
  return `${date} ${clock} ${zone}`;
}

/** A result in one line: its plain fields, in order; `deactivatedRows` reads `deactivated rows`. */
export function resultText(result: JsonValue | undefined): string {
  if (result === undefined || result === null) return '';
  if (typeof result !== 'object') return String(result);
  if (Array.isArray(result)) return `${result.length} items`;
  return Object.entries(result)
    .filter(([, value]) => typeof value !== 'object' || value === null)
    .map(([key, value]) => `${words(key)} ${typeof value === 'number' ? count(value) : value}`)
    .join(', ');
}

const words = (key: string): string =>
  key.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );

const count = (value: number): string => value.toLocaleString('en-US');
