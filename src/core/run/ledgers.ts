// Adding up the accounts of leases.
import type { LedgerSummary } from '../execution.js';

/** The sum of several accounts. */
export function sumLedgers(ledgers: readonly LedgerSummary[]): LedgerSummary {
  const sum = { opened: 0, closed: 0, killed: 0, leaked: 0 };
  for (const { opened, closed, killed, leaked } of ledgers) {
    sum.opened += opened;
    sum.closed += closed;
    sum.killed += killed;
    sum.leaked += leaked;
  }
  return sum;
}
