// The site as the tasks know it: its zone, its limits, and the clock. Injectable.
import { durationMs } from '../../core/duration.js';
import type { AttendanceOptions } from './options.js';
import type { ClockLimits } from './rules/clock-check.js';
import { SiteZone } from './rules/site-zone.js';

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
    options: AttendanceOptions,
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

  /** Now, unix seconds. */
  now(): number {
    return Math.floor(this.nowMs() / 1_000);
  }
}
