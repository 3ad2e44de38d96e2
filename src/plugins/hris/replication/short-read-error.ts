// The error of a replication that read too little to be believed.

const percent = (part: number): string => `${Math.round(part * 1_000) / 10} %`;

/** How many rows of a table one replication may believe to have vanished: the larger of the two. */
export interface DeactivationLimit {
  /** Part of the active rows, from 0 to 1. */
  readonly maxDeactivation: number;
  /** Rows, however large a part they are. */
  readonly minDeactivation: number;
}

/**
 * So many active rows of a table are no longer in HRIS that the reading is not believed. Nothing was changed. It is not
 * retried: the next reading would be believed no more.
 */
export class ShortReadError extends Error {
  override readonly name = 'ShortReadError';

  constructor(
    readonly table: string,
    readonly active: number,
    readonly wouldBecomeInactive: number,
    { maxDeactivation, minDeactivation }: DeactivationLimit,
  ) {
    super(
      `${table}: ${wouldBecomeInactive} of ${active} active rows are gone from HRIS and would become inactive ` +
        `(${percent(wouldBecomeInactive / active)}), more than the ${percent(maxDeactivation)} that ` +
        `maxDeactivation and the ${minDeactivation} rows that minDeactivation allow, or all there were; ` +
        'nothing was changed. Look at the table in HRIS; if the loss is meant, raise maxDeactivation of ' +
        'the plugin hris for one run (1 believes every loss).',
    );
  }
}
