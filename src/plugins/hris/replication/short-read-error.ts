// The error of a replication that read too little to be believed.

const percent = (part: number): string => `${Math.round(part * 1_000) / 10} %`;

/**
 * HRIS showed so few active rows of a table that believing it would deactivate more than `maxDeactivation`
 * of them. Nothing was changed. It is not retried: the next reading would be believed no more.
 */
export class ShortReadError extends Error {
  override readonly name = 'ShortReadError';

  constructor(
    readonly table: string,
    readonly active: number,
    readonly wouldBecomeInactive: number,
    readonly maxDeactivation: number,
  ) {
    super(
      `${table}: ${wouldBecomeInactive} of ${active} active rows would become inactive ` +
        `(${percent(wouldBecomeInactive / active)}), more than the ${percent(maxDeactivation)} that ` +
        'maxDeactivation allows; nothing was changed. Look at the table in HRIS; if the loss is meant, ' +
        'raise maxDeactivation of the plugin hris for one run.',
    );
  }
}
