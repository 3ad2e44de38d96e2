// Calendar dates as whole days since 1970-01-01, and wall times as seconds on that same line without a zone.

/** Seconds of a day that has no change of offset. */
export const secondsPerDay = 86_400;

const datePattern = /^(\d{4})-(\d{2})-(\d{2})$/;
const dateTimePattern = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2}):(\d{2})/;
const timePattern = /^(\d{2}):(\d{2})$/;

/** Day number of a date written `YYYY-MM-DD`; undefined when there is no such date. */
export function dayNumber(text: string): number | undefined {
  const match = datePattern.exec(text);
  if (!match) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // Dates that do not exist have been carried over, such as 30 February into March.
  const exists = date.getUTCMonth() === month - 1 && date.getUTCFullYear() === year;
  return exists ? date.getTime() / (secondsPerDay * 1_000) : undefined;
}

/** The date of a day number, `YYYY-MM-DD`. */
export function dayText(day: number): string {
  return new Date(day * secondsPerDay * 1_000).toISOString().slice(0, 10);
}

/** Weekday of a day number: 0 is Monday, 6 is Sunday. */
export function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** Wall seconds of `YYYY-MM-DD HH:MM:SS` (fractions are dropped); undefined when it cannot be read. */
export function wallSeconds(text: string): number | undefined {
  const match = dateTimePattern.exec(text);
  const day = match ? dayNumber(match[1] ?? '') : undefined;
  if (!match || day === undefined) return undefined;
  const [hour, minute, second] = [Number(match[2]), Number(match[3]), Number(match[4])];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return day * secondsPerDay + hour * 3_600 + minute * 60 + second;
}

/** Seconds after midnight of a wall time written `HH:MM`; undefined when it cannot be read. */
export function timeOfDay(text: string): number | undefined {
  const match = timePattern.exec(text);
  if (!match) return undefined;
  const [hour, minute] = [Number(match[1]), Number(match[2])];
  return hour > 23 || minute > 59 ? undefined : hour * 3_600 + minute * 60;
}
