// The options of a sample site: what sizes it, where it lies, and the seed that fixes everything else.
import { z } from 'zod';

const isZone = (zone: string): boolean => {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

/** Everything but `until`: plugins.json may leave that to the day on which the site is created. */
const shape = {
  /** The same seed and options always give the same site. */
  seed: z.int().min(0).default(1),
  /** Rows of HR_Employee in the first step; 40 are needed to hold every situation. */
  employees: z.int().min(40).max(90_000).default(500),
  /** Local days with events, the last one included. A month without a log table needs 90. */
  days: z.int().min(7).max(3_660).default(90),
  /** IANA time zone of the site and of its BioStar server. */
  zone: z.string().refine(isZone, 'expected an IANA time zone').default('Africa/Cairo'),
};

const until = z.iso.date();

/** Options of the pure planner; `until` is the last local date that has events, `YYYY-MM-DD`. */
export const siteOptions = z.strictObject({ ...shape, until });

/** Options of the plugin; without `until` the site ends the day before it is created. */
export const pluginOptions = z.strictObject({ ...shape, until: until.optional() });

export type SiteOptions = z.input<typeof siteOptions>;
export type PluginOptions = z.output<typeof pluginOptions>;
