// Moments on the command line: a time in ISO 8601, or a duration back from now.
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { parseDuration } from '../core/duration.js';

const isoTime = z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()]);

/** Reads `2026-04-01T02:00:00Z`, `2026-04-01` or `2h`; milliseconds since 1970 UTC. */
export function moment(text: string): number {
  const back = parseDuration(text);
  const ms = back === undefined ? timeOf(text) : Date.now() - back;
  // The first and the last time that every database can hold.
  if (ms >= Date.UTC(1000, 0, 1) && ms < Date.UTC(10_000, 0, 1)) return ms;
  throw new InvalidArgumentError(
    'expected a time in ISO 8601 such as 2026-04-01T02:00:00Z, or a duration back from now such as 2h',
  );
}

const timeOf = (text: string): number =>
  isoTime.safeParse(text).success ? new Date(text).getTime() : Number.NaN;
