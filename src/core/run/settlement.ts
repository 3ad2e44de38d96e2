// From an outcome to what is written: the report of the attempt, the settlement, the log line. Pure but for the log.
import type { Envelope } from '../envelope.js';
import type { AttemptReport, ExecutionState, LedgerSummary, Outcome } from '../execution.js';
import type { Logger } from '../log/logger.js';
import type { Settlement } from '../ports/broker.js';
import { recordError } from './recorded-error.js';

export interface AttemptFacts {
  readonly attempt: number;
  readonly worker: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly ledger: LedgerSummary;
}

/**
 * How the delivery of an attempt with this outcome is settled.
 * @param queueNow the time by the clock of the queue, from which a retry is delayed.
 */
export function settlementOf(
  envelope: Envelope,
  decided: Outcome,
  facts: AttemptFacts,
  queueNow: number,
): Settlement {
  if (decided.kind === 'return') return { kind: 'return' };
  const report = attemptReport(decided, facts);
  if (decided.kind === 'final') return { kind: 'final', state: decided.state, report };
  return {
    kind: 'retry',
    envelope: { ...envelope, attempt: envelope.attempt + 1 },
    availableAt: queueNow + decided.delayMs,
    report,
  };
}

function attemptReport(
  decided: Exclude<Outcome, { kind: 'return' }>,
  facts: AttemptFacts,
): AttemptReport {
  if ('error' in decided) return { ...facts, error: recordError(decided.error) };
  return decided.result === undefined ? facts : { ...facts, result: decided.result };
}

const levels: Partial<Record<ExecutionState | 'returned', 'info' | 'warn'>> = {
  success: 'info',
  returned: 'info',
  retrying: 'warn',
};

/** The line that ends every run in the log. */
export function logRunEnd(
  logger: Logger,
  settlement: Settlement,
  { startedAt, finishedAt, ledger }: AttemptFacts,
  maxRetries: number,
  decided: Outcome,
): void {
  const state = stateAfter(settlement);
  logger[levels[state] ?? 'error'](`run ended: ${state}`, {
    state,
    durationMs: finishedAt - startedAt,
    maxRetries,
    ...(settlement.kind === 'retry' && decided.kind === 'retry'
      ? { retryInMs: decided.delayMs }
      : {}),
    ...(ledger.opened > 0 ? { ledger } : {}),
    ...('report' in settlement && settlement.report.error
      ? { error: settlement.report.error }
      : {}),
  });
}

function stateAfter(settlement: Settlement): ExecutionState | 'returned' {
  if (settlement.kind === 'final') return settlement.state;
  return settlement.kind === 'retry' ? 'retrying' : 'returned';
}
