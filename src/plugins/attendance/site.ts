// The site as the tasks know it: its zone, its limits, and the clock. Injectable.
import { durationMs } from '../../core/duration.js';
import type { AttendanceOptions } from './options.js';
import type { ClockLimits } from './rules/clock-check.js';
import { SiteZone } from './rules/site-zone.js';

/** The settings that decide whether an event is plausible, and whose it is. */
export type DecidingSettings = Pick<AttendanceOptions, 'zone' | 'clockTolerance' | 'maxLateness'>;

/** Settings of the plugin in the units of the rules: seconds. */
export class Site {
  readonly zone: SiteZone;
  /** Name of the BioStar whose events are read. */
  readonly source: string;
  readonly overlap: number;
  readonly batchSize: number;
  readonly clockLimits: ClockLimits;
  readonly collapseSeconds: number;

  /** @param nowMs wall clock in milliseconds; a seam for tests. */
  constructor(
    private readonly options: AttendanceOptions,
    private readonly nowMs: () => number,
  ) {
    this.zone = new SiteZone(options.zone);
    this.source = options.source;
    this.overlap = options.overlap;
    this.batchSize = options.batchSize;
    this.clockLimits = {
      toleranceSeconds: durationMs(options.clockTolerance) / 1_000,
      latenessSeconds: durationMs(options.maxLateness) / 1_000,
    };
    this.collapseSeconds = durationMs(options.collapseWithin) / 1_000;
  }

  get deciding(): DecidingSettings {
    const { zone, clockTolerance, maxLateness } = this.options;
    return { zone, clockTolerance, maxLateness };
  }

  /** The same site with other settings that decide about events. */
  with(settings: DecidingSettings): Site {
    return new Site({ ...this.options, ...settings }, this.nowMs);
  }

  /** Now, unix seconds. */
  now(): number {
    return Math.floor(this.nowMs() / 1_000);
  }
}
