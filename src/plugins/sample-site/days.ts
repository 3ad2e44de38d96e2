// Calendar days as whole numbers since 1970-01-01, and unix seconds as text in UTC.

/** Days since 1970-01-01; a local date of the site. */
export type Day = number;
/** Unix time in whole seconds. */
export type Instant = number;

export const secondsADay = 86_400;

const texts = new Map<Day, string>();

/** `YYYY-MM-DD` of a day. */
export function dayText(day: Day): string {
  let text = texts.get(day);
  if (text === undefined) {
    text = new Date(day * secondsADay * 1000).toISOString().slice(0, 10);
    texts.set(day, text);
  }
  return text;
}

/** The day of `YYYY-MM-DD`. */
export function parseDay(text: string): Day {
  return Date.parse(`${text}T00:00:00Z`) / (secondsADay * 1000);
}

/** 0 Monday … 6 Sunday. */
export function weekday(day: Day): number {
  return (((day + 3) % 7) + 7) % 7; // 1970-01-01 was a Thursday
}

/** The first day of the month that holds `day`, moved by whole months. */
export function monthStart(day: Day, moved = 0): Day {
  const date = new Date(day * secondsADay * 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + moved, 1) / (secondsADay * 1000);
}

/** `YYYYMM` of an instant in UTC: the log table of a device time. */
export function utcMonth(instant: Instant): string {
  const text = dayText(Math.floor(instant / secondsADay));
  return text.slice(0, 4) + text.slice(5, 7);
}

/** `HH:MM:SS` of a number of seconds since midnight. */
export function clockText(seconds: number): string {
  const two = (value: number): string => (value < 10 ? `0${value}` : String(value));
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `YYYY-MM-DD HH:MM:SS` in UTC. */
export function utcText(instant: Instant): string {
  const day = Math.floor(instant / secondsADay);
  return `${dayText(day)} ${clockText(instant - day * secondsADay)}`;
}
