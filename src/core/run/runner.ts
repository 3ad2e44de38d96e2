// The runner: performs one attempt, from what a broker delivered to how it is settled. Read `perform` top to bottom.
import { type RunFields, withRunFields } from '../log/run-fields.js';
import type { Admission, Settlement } from '../ports/broker.js';
import type { RunningExecution } from '../ports/control.js';
import type { Isolation } from '../ports/isolation.js';
import type { NotCurrent } from '../ports/tracker.js';
import { type AcceptanceParts, accept, type Delivered, type Refusal } from './acceptance.js';
import type { Attempt, Performed } from './attempt.js';
import { CodeRunner, type CodeRunnerParts, decideOutcome } from './code-runner.js';
import { type IsolatedParts, performIsolated } from './isolated-code.js';
import { sumLedgers } from './ledgers.js';
import { recordError } from './recorded-error.js';
import { resultSummary } from './result-summary.js';
import { RunClock } from './run-clock.js';
import type { RunRecorder } from './run-recorder.js';
import { logRunEnd, settlementOf } from './settlement.js';

export interface RunnerParts extends AcceptanceParts, CodeRunnerParts {
  readonly recorder: RunRecorder;
  /** Where isolated tasks are performed; in this thread when absent. */
  readonly isolation?: Isolation;
}

/** After the limits of a task could not be asked. */
const askAgainMs = 1_000;
/** After the beginning of a run could not be recorded. */
const tryAgainMs = 5_000;

/** A run that is going on. */
interface Going {
  readonly fields: RunFields;
  readonly startedAt: number;
  readonly clock: RunClock;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #code: CodeRunner;
  readonly #going = new Set<Going>();
  #stopping = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#code = new CodeRunner(parts);
  }

  /** The runs whose code is going on. */
  get running(): RunningExecution[] {
    return [...this.#going].map(({ fields: { executionId, task, attempt }, startedAt }) => ({
      executionId,
      task,
      attempt,
      startedAt,
    }));
  }

  /** Aborts every run that is going on: the runtime stops and the grace period is over. */
  stop(): void {
    this.#stopping = true;
    for (const { clock } of this.#going) clock.stop();
  }

  /**
   * Performs one attempt. Never rejects: whatever happens is an outcome.
   * @returns how the delivery is to be settled.
   */
  async perform(delivered: Delivered): Promise<Settlement> {
    const accepted = await accept(this.#parts, delivered);
    if ('error' in accepted) return this.#refuse(accepted);
    if (this.#stopping) return { kind: 'return' };
    const { flow } = accepted.record;
    if (flow === undefined || delivered.admit === undefined) return this.#run(accepted, delivered);
    const admission = await this.#admit(delivered.admit(flow), accepted.fields);
    if (!admission.admitted) return { kind: 'postpone', availableAt: admission.availableAt };
    try {
      return this.#stopping ? { kind: 'return' } : await this.#run(accepted, delivered);
    } finally {
      await admission.release();
    }
  }

  /** Limits that cannot be asked are not known to be kept: the delivery comes again. */
  async #admit(asked: Promise<Admission>, fields: RunFields): Promise<Admission> {
    const { logger, seams } = this.#parts;
    try {
      return await asked;
    } catch (error) {
      logger.warn('the limits of the task could not be asked, trying again', { ...fields, error });
      return { admitted: false, availableAt: seams.now() + askAgainMs };
    }
  }

  #run(attempt: Attempt, delivered: Delivered): Promise<Settlement> {
    const { recorder, logger, seams, worker } = this.#parts;
    const { startedAt, fields, record } = attempt;
    return withRunFields(fields, async () => {
      const maxRetries = record.retry?.maxRetries ?? 0;
      if (attempt.tracked) {
        const beginning = await recorder.begin(attempt, startedAt);
        if (beginning?.kind !== 'begun') return this.#notBegun(beginning);
      }
      recorder.started(attempt);
      logger.info('run started', { maxRetries });
      const { decided, ledger } = await this.#perform(attempt, delivered);
      const finishedAt = seams.now();
      const facts = { attempt: fields.attempt, worker, startedAt, finishedAt, ledger };
      const settlement = await recorder.ended(
        attempt,
        this.#summarised(settlementOf(attempt.envelope, decided, facts), attempt),
      );
      logRunEnd(logger, settlement, facts, maxRetries);
      return settlement;
    });
  }

  /** What has ended, or whose record cannot be asked, does not run. */
  #notBegun(beginning: NotCurrent | undefined): Settlement {
    const { logger, seams } = this.#parts;
    if (beginning?.kind === 'final') {
      const { state, report } = beginning;
      logger.warn(`run left out: the execution has ended before: ${state}`, { state });
      return { kind: 'final', state, report };
    }
    if (beginning !== undefined) logger.warn('run left out: a later attempt is recorded');
    return { kind: 'postpone', availableAt: seams.now() + tryAgainMs };
  }

  /** With the line that the task makes of its result. */
  #summarised(settlement: Settlement, { record, tracked }: Attempt): Settlement {
    if (!tracked || settlement.kind !== 'final') return settlement;
    const { report } = settlement;
    try {
      return { ...settlement, report: { ...report, ...resultSummary(record, report.result) } };
    } catch (error) {
      this.#parts.logger.warn('summarize of @Tracked threw', { error });
      return settlement;
    }
  }

  async #refuse({ run, state, error }: Refusal): Promise<Settlement> {
    const { recorder, logger, seams, worker } = this.#parts;
    const { attempt } = run.fields;
    const now = seams.now();
    const ledger = sumLedgers([]);
    const facts = { attempt, worker, startedAt: now, finishedAt: now, ledger };
    const settlement: Settlement = {
      kind: 'final',
      state,
      report: { ...facts, error: recordError(error) },
    };
    return withRunFields(run.fields, async () => {
      const settled = await recorder.ended(run, settlement);
      const asAsked = state === 'cancelled' || state === 'skipped';
      logger[asAsked ? 'warn' : 'error'](`run refused: ${state}`, { state, error });
      return settled;
    });
  }

  /** The part in which the task's own code runs, here or in a thread of its own. */
  async #perform(attempt: Attempt, delivered: Delivered): Promise<Performed> {
    const { isolation, recorder } = this.#parts;
    const progress = (fraction: number, message: string | undefined): void =>
      recorder.progress(attempt, fraction, message);
    let going: Going | undefined;
    const clock = (onKill: () => Promise<unknown>): RunClock => {
      going = this.#watch(attempt, new RunClock(attempt.record, onKill), delivered);
      return going.clock;
    };
    try {
      if (isolation === undefined || !attempt.record.isolated) {
        return await this.#code.perform(attempt, { clock, progress });
      }
      return await this.#performIsolated(attempt, isolation, { clock, progress });
    } finally {
      if (going) this.#going.delete(going);
      delivered.onInterrupt?.(() => undefined);
    }
  }

  async #performIsolated(
    attempt: Attempt,
    isolation: Isolation,
    hooks: Pick<IsolatedParts, 'clock' | 'progress'>,
  ): Promise<Performed> {
    const { envelope, fields, fence } = attempt;
    const { result, clock } = await performIsolated({
      isolation,
      attempt: { envelope, fields, fence },
      ...hooks,
    });
    const { ledger } = result;
    if ('decided' in result) return { decided: result.decided, ledger };
    if (result.end.kind === 'abandoned') {
      this.#parts.logger.error('run left behind; native code still holds its thread');
    }
    return { decided: decideOutcome(this.#parts, attempt, result.end, clock), ledger };
  }

  /** Has the run end early when the runtime stops or its delivery is cancelled or lost. */
  #watch({ fields, startedAt }: Attempt, clock: RunClock, delivered: Delivered): Going {
    const going = { fields, startedAt, clock };
    this.#going.add(going);
    if (this.#stopping) clock.stop();
    delivered.onInterrupt?.((why) => {
      this.#parts.logger.warn(`the execution was ${why}, aborting its run`, { ...fields });
      if (why === 'cancelled') clock.cancel();
      else clock.lose();
    });
    return going;
  }
}
