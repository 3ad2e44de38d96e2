// The options of the plugin in plugins.json.
import { z } from 'zod';
import { isZone } from './timetable/zone-clock.js';

export const schedulerOptions = z.strictObject({
  zone: z
    .string()
    .refine(isZone, { error: 'expected a time zone such as "Africa/Cairo" or "UTC"' })
    .default('UTC')
    .describe('Time zone of schedules that name none'),
});

/** The options of the plugin, completed. */
export type SchedulerOptions = z.output<typeof schedulerOptions>;
