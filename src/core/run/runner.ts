// The runner: performs one attempt, from what a broker delivered to how it is settled. Read `perform` top to bottom.

import { queueOfLane } from '../dispatch/lanes.js';
import { SkepError } from '../errors/skep-error.js';
import { type RunFields, withRunFields } from '../log/run-fields.js';
import type { Admission, Settlement } from '../ports/broker.js';
import type { RunningExecution, WorkerStatus } from '../ports/control.js';
import type { Isolation } from '../ports/isolation.js';
import type { NotCurrent } from '../ports/tracker.js';
import { type WaitForSchema, waitAtMost } from '../tasks/payload.js';
import type { TaskRecord } from '../tasks/task-record.js';
import {
  type AcceptanceParts,
  accept,
  type Delivered,
  type Refusal,
  SchemaCutOff,
  type Unknown,
} from './acceptance.js';
import type { Attempt, Performed } from './attempt.js';
import { CodeRunner, type CodeRunnerParts, decideOutcome } from './code-runner.js';
import { DeliveryWatch } from './delivery-watch.js';
import {
  ExecutionCancelled,
  type Interrupt,
  isInterrupt,
  OnlyAttemptStopped,
} from './interruptions.js';
import { type IsolatedParts, performIsolated } from './isolated-code.js';
import { sumLedgers } from './ledgers.js';
import { recordError } from './recorded-error.js';
import { resultSummary } from './result-summary.js';
import { RunClock } from './run-clock.js';
import type { RunRecorder } from './run-recorder.js';
import { logRunEnd, settlementOf } from './settlement.js';
import { UnknownWork } from './unknown-work.js';

export interface RunnerParts extends AcceptanceParts, CodeRunnerParts {
  readonly recorder: RunRecorder;
  /** Where isolated tasks are performed; in this thread when absent. */
  readonly isolation?: Isolation;
  /** The workers that are alive; none but this one when absent. */
  workers?(): Promise<readonly WorkerStatus[]>;
  /**
   * For how long an execution of an unknown task waits for a worker that knows it, in milliseconds.
   * @default 600_000
   */
  readonly unknownTaskTimeoutMs?: number;
  /** How long the payload schema of a task may take at most, in milliseconds. @default 30_000 */
  readonly payloadTimeoutMs?: number;
}

const defaultUnknownTaskTimeoutMs = 600_000;
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

/** A payload whose schema answers later. */
interface SchemaCheck {
  readonly fields: RunFields;
  readonly startedAt: number;
  readonly record: TaskRecord;
  readonly watch: DeliveryWatch;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #code: CodeRunner;
  readonly #unknownWork: UnknownWork;
  readonly #waitForSchema: WaitForSchema;
  readonly #going = new Set<Going>();
  #stopping = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#code = new CodeRunner(parts);
    this.#waitForSchema = waitAtMost(parts.payloadTimeoutMs);
    this.#unknownWork = new UnknownWork({
      logger: parts.logger,
      seams: parts.seams,
      workers: parts.workers ?? (async () => []),
      timeoutMs: parts.unknownTaskTimeoutMs ?? defaultUnknownTaskTimeoutMs,
    });
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
    // From the first moment: seconds may pass before the code begins, and none of it starts for a delivery that is
    // cancelled or lost meanwhile.
    const watch = new DeliveryWatch({
      delivered,
      isStopping: () => this.#stopping,
      onAbort: (why) => {
        const message = `the execution was ${why}, aborting its run`;
        this.#parts.logger.warn(message, { executionId: delivered.id });
      },
    });
    try {
      const accepted = await accept(
        this.#parts,
        delivered,
        (fields, startedAt) => (record, answer) =>
          this.#schemaAnswer({ fields, startedAt, record, watch }, answer),
      );
      if ('state' in accepted) return await this.#refuse(accepted);
      if ('need' in accepted) return await this.#unknown(accepted);
      return await this.#admitted(accepted, delivered, watch);
    } finally {
      watch.detach();
    }
  }

  /**
   * Waits for a payload schema that answers later, such as one that asks a server: no longer than the limits of the run allow, nor
   * than 30 s, and not once the delivery is cancelled or lost or the runtime stops.
   * @throws SchemaCutOff
   */
  async #schemaAnswer<T>(
    { fields, startedAt, record, watch }: SchemaCheck,
    answer: Promise<T>,
  ): Promise<T> {
    const clock = new RunClock(record, async () => undefined);
    const going = { fields, startedAt, clock };
    this.#going.add(going);
    try {
      const cutOff = new Promise<never>((_, reject) => {
        clock.onInterruption((why) => {
          why.cause = new Error(`the payload schema of ${record.code} had not answered`);
          reject(new SchemaCutOff(why));
        });
      });
      clock.begin();
      watch.attach(clock);
      return await this.#waitForSchema(record, Promise.race([answer, cutOff]));
    } catch (error) {
      const isLate = error instanceof SkepError && error.code === 'SKEP_PAYLOAD_TIMEOUT';
      throw isLate ? new SchemaCutOff(error) : error;
    } finally {
      clock.dispose();
      watch.release();
      this.#going.delete(going);
    }
  }

  /** Another worker may know it; without a queue there is none. */
  async #unknown(unknown: Unknown): Promise<Settlement> {
    const decided = await this.#unknownWork.decide(unknown);
    return 'state' in decided && 'run' in decided ? this.#refuse(decided) : decided;
  }

  async #admitted(
    attempt: Attempt,
    delivered: Delivered,
    watch: DeliveryWatch,
  ): Promise<Settlement> {
    if (watch.interruption) return this.#notStarted(attempt, watch.interruption);
    const { flow } = attempt.record;
    if (flow === undefined || delivered.admit === undefined) return this.#run(attempt, watch);
    const admission = await this.#admit(delivered.admit(flow), attempt);
    if (!admission.admitted) return { kind: 'postpone', availableAt: admission.availableAt };
    try {
      return watch.interruption
        ? await this.#notStarted(attempt, watch.interruption)
        : await this.#run(attempt, watch);
    } finally {
      await admission.release();
    }
  }

  /** Limits that cannot be asked are not known to be kept: the delivery comes again. */
  async #admit(asked: Promise<Admission>, { fields, queueNow }: Attempt): Promise<Admission> {
    const { logger } = this.#parts;
    try {
      return await asked;
    } catch (error) {
      logger.warn('the limits of the task could not be asked, trying again', { ...fields, error });
      return { admitted: false, availableAt: queueNow() + askAgainMs };
    }
  }

  #run(attempt: Attempt, watch: DeliveryWatch): Promise<Settlement> {
    const { recorder, logger, seams, worker } = this.#parts;
    const { startedAt, fields, record } = attempt;
    const perform = async (): Promise<Settlement> => {
      const maxRetries = record.retry?.maxRetries ?? 0;
      if (attempt.tracked) {
        const beginning = await recorder.begin(attempt, startedAt);
        if (beginning?.kind !== 'begun') return this.#notBegun(beginning, attempt);
        if (watch.interruption) return this.#takenBack(attempt, watch.interruption);
      }
      recorder.started(attempt);
      logger.info('run started', { maxRetries });
      const { decided, ledger } = await this.#perform(attempt, watch);
      const finishedAt = seams.now();
      const facts = { attempt: fields.attempt, worker, startedAt, finishedAt, ledger };
      const settlement = await recorder.ended(
        attempt,
        this.#summarised(
          settlementOf(attempt.envelope, decided, facts, attempt.queueNow()),
          attempt,
        ),
      );
      logRunEnd(logger, settlement, facts, maxRetries, decided);
      return settlement;
    };
    return withRunFields(fields, perform, undefined, queueOfLane(attempt.envelope.queue));
  }

  /** Interrupted before its beginning was recorded. */
  async #notStarted(run: Attempt, why: Interrupt): Promise<Settlement> {
    const error = cancellation(run, why);
    if (error) return this.#refuse({ run, state: 'cancelled', error });
    this.#parts.logger.info(`run left out: ${why.message}`, { ...run.fields });
    return { kind: 'return' };
  }

  /** Interrupted after its beginning was recorded and before its code: the record says that it does not run. */
  #takenBack(attempt: Attempt, why: Interrupt): Promise<Settlement> {
    if (cancellation(attempt, why)) return this.#notStarted(attempt, why);
    this.#parts.logger.info(`run left out: ${why.message}`);
    return this.#parts.recorder.ended(attempt, { kind: 'return' });
  }

  /** What has ended, or whose record cannot be asked, does not run. */
  #notBegun(beginning: NotCurrent | undefined, { queueNow, fields }: Attempt): Settlement {
    const { logger } = this.#parts;
    if (beginning?.kind === 'foreign') return this.#foreign(beginning.task, fields);
    if (beginning?.kind === 'final') {
      const { state, report } = beginning;
      logger.warn(`run left out: the execution has ended before: ${state}`, { state });
      return { kind: 'final', state, report };
    }
    if (beginning !== undefined) logger.warn('run left out: a later attempt is recorded');
    return { kind: 'postpone', availableAt: queueNow() + tryAgainMs };
  }

  /** What lies in the queue under the id of an execution on record, and is not its own: the record is the truth. */
  #foreign(taskOnRecord: string, { task, attempt }: RunFields): Settlement {
    const { logger, seams, worker } = this.#parts;
    const message = `a delivery of the task ${task} has the id of an execution of ${taskOnRecord}`;
    const error = new SkepError('SKEP_ENVELOPE_INVALID', message);
    logger.error('run refused: quarantined', { state: 'quarantined', error });
    const now = seams.now();
    const facts = { attempt, worker, startedAt: now, finishedAt: now, ledger: sumLedgers([]) };
    return { kind: 'final', state: 'quarantined', report: { ...facts, error: recordError(error) } };
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
  async #perform(attempt: Attempt, watch: DeliveryWatch): Promise<Performed> {
    const { isolation, recorder } = this.#parts;
    const progress = (fraction: number, message: string | undefined): void =>
      recorder.progress(attempt, fraction, message);
    let going: Going | undefined;
    const clock = (onKill: () => Promise<unknown>): RunClock => {
      const { fields, startedAt, record } = attempt;
      going = { fields, startedAt, clock: new RunClock(record, onKill) };
      this.#going.add(going);
      watch.attach(going.clock);
      return going.clock;
    };
    const { cutOff } = attempt;
    if (cutOff !== undefined) {
      const interruption = isInterrupt(cutOff) ? cutOff : undefined;
      const end = { kind: 'threw', error: cutOff } as const;
      const decided = decideOutcome(this.#parts, attempt, end, { interruption });
      return { decided, ledger: sumLedgers([]) };
    }
    try {
      if (isolation === undefined || !attempt.record.isolated) {
        return await this.#code.perform(attempt, { clock, progress });
      }
      return await this.#performIsolated(attempt, isolation, { clock, progress });
    } finally {
      if (going) this.#going.delete(going);
      watch.detach();
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
}

/** Of what does not go back to the queue when it is interrupted before its code: with what error it is cancelled. */
function cancellation({ envelope }: Attempt, why: Interrupt): Error | undefined {
  if (why instanceof ExecutionCancelled) return why;
  return envelope.onlyAttempt ? new OnlyAttemptStopped() : undefined;
}
