// The options of the plugin in plugins.json.
import { z } from 'zod';
import { type Duration, parseDuration } from '../../core/duration.js';

const period = z.string().refine((text): text is Duration => parseDuration(text) !== undefined, {
  error: 'expected a duration such as "120s", "10m" or "366d"',
});

function isTimeZone(id: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: id });
    return true;
  } catch {
    return false;
  }
}

export const attendanceOptions = z.strictObject({
  zone: z
    .string()
    .refine(isTimeZone, { error: 'expected an IANA time zone such as "Africa/Cairo"' })
    .default('Africa/Cairo')
    .describe(
      'Time zone of the site and of the BioStar server; stored events are decided anew when it changes',
    ),
  source: z
    .string()
    .min(1)
    .max(32)
    .default('biostar')
    .describe('Name under which events of this BioStar are kept; part of their identity'),
  overlap: z
    .int()
    .min(0)
    .max(100_000)
    .default(1_000)
    .describe('Event ids read again before the last one known, for those committed late'),
  batchSize: z
    .int()
    .min(1)
    .max(10_000)
    .default(2_000)
    .describe('Events read and stored at a time, in one transaction'),
  clockTolerance: period
    .default('10m')
    .describe(
      'Device time may be this much after server time; events beyond are quarantined, stored ones anew when it changes',
    ),
  maxLateness: period
    .default('366d')
    .describe(
      'Device time may be this much before server time; events beyond are quarantined, stored ones anew when it changes',
    ),
  collapseWithin: period
    .default('120s')
    .describe('A tap sooner than this after the last one that counts does not count'),
});

/** The options of the plugin, completed. */
export type AttendanceOptions = z.output<typeof attendanceOptions>;
