// The runner: performs one attempt, from what a broker delivered to how it is settled. Read `perform` top to bottom.
import { type Envelope, parseEnvelope } from '../envelope.js';
import { SkepError } from '../errors/skep-error.js';
import type { LedgerSummary } from '../execution.js';
import type { Logger } from '../log/logger.js';
import { type RunFields, withRunFields } from '../log/run-fields.js';
import type { Settlement } from '../ports/broker.js';
import type { Seams } from '../seams.js';
import { parsePayload, payloadJson } from '../tasks/payload.js';
import type { TaskRegistry } from '../tasks/registry.js';
import type { TaskClass } from '../tasks/task-class.js';
import type { TaskRecord } from '../tasks/task-record.js';
import { ActiveRun } from './active-run.js';
import { HardTimeLimitExceeded } from './interruptions.js';
import { sumLedgers } from './ledgers.js';
import { type Outcome, outcome, type RunEnd } from './outcome.js';
import { recordError } from './recorded-error.js';
import { RunClock } from './run-clock.js';
import type { RecordedRun, RunRecorder } from './run-recorder.js';
import { type DisposalWarning, RunScope, type ScopeFactory } from './scope.js';
import { logRunEnd, settlementOf } from './settlement.js';
import { performCode, resultJson } from './task-code.js';

/** Sizes in bytes. */
export interface RunLimits {
  readonly payloadBytes: number;
  readonly resultBytes: number;
}

export interface RunnerParts {
  readonly registry: TaskRegistry;
  readonly scopes: ScopeFactory;
  readonly recorder: RunRecorder;
  readonly logger: Logger;
  readonly seams: Seams;
  readonly limits: RunLimits;
  /** Name of this worker: host and process. */
  readonly worker: string;
}

/** What a broker delivered, as far as the runner needs it. */
export interface Delivered {
  readonly id: string;
  readonly raw: unknown;
  readonly crashes: number;
}

/** One attempt on its way through the runner. */
interface Attempt extends RecordedRun {
  readonly envelope: Envelope;
  readonly record: TaskRecord;
  readonly payload: unknown;
  readonly startedAt: number;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #clocks = new Set<RunClock>();
  #stopping = false;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** Aborts every run that is going on: the runtime stops and the grace period is over. */
  stop(): void {
    this.#stopping = true;
    for (const clock of this.#clocks) clock.stop();
  }

  /**
   * Performs one attempt. Never rejects: whatever happens is an outcome.
   * @returns how the delivery is to be settled.
   */
  async perform(delivered: Delivered): Promise<Settlement> {
    const { recorder, logger, seams, worker } = this.#parts;
    const startedAt = seams.now();
    const attempt = await this.#accept(delivered, startedAt);
    if ('kind' in attempt) return attempt;
    if (this.#stopping) return { kind: 'return' };
    return withRunFields(attempt.fields, async () => {
      const maxRetries = attempt.record.retry?.maxRetries ?? 0;
      await recorder.started(attempt, startedAt);
      logger.info('run started', { maxRetries });
      const { decided, ledger } = await this.#run(attempt);
      const finishedAt = seams.now();
      const facts = { attempt: attempt.fields.attempt, worker, startedAt, finishedAt, ledger };
      const settlement = settlementOf(attempt.envelope, decided, facts);
      await recorder.ended(attempt, settlement);
      logRunEnd(logger, settlement, facts, maxRetries);
      return settlement;
    });
  }

  /** Envelope, task and payload; what does not fit is settled at once. */
  async #accept(delivered: Delivered, startedAt: number): Promise<Attempt | Settlement> {
    const { id, crashes } = delivered;
    const { registry, worker } = this.#parts;
    let fields: RunFields = {
      executionId: id,
      task: 'unknown',
      attempt: crashes + 1,
      worker,
      jobId: id,
    };
    // Whether a record of it exists is not known before its task is.
    let tracked = true;
    try {
      const envelope = parseEnvelope(delivered.raw);
      const { id: executionId, task } = envelope;
      fields = { ...fields, executionId, task, attempt: envelope.attempt + crashes };
      const record = registry.get(task);
      tracked = record.tracked !== undefined;
      if (crashes > record.maxCrashes) throw crashedTooOften(crashes, record);
      const payload = await parsePayload(record, envelope.payload);
      return { fields, tracked, envelope, record, payload, startedAt };
    } catch (error) {
      return withRunFields(fields, () => this.#refuse({ fields, tracked }, error, startedAt));
    }
  }

  async #refuse(run: RecordedRun, error: unknown, startedAt: number): Promise<Settlement> {
    const { recorder, logger, seams } = this.#parts;
    // A payload that does not fit will never fit; the rest can be replayed once its cause is mended.
    const unfit = error instanceof SkepError && error.code === 'SKEP_PAYLOAD_INVALID';
    const state = unfit ? 'failed' : 'quarantined';
    const { attempt, worker } = run.fields;
    const settlement: Settlement = {
      kind: 'final',
      state,
      report: {
        attempt,
        worker,
        startedAt,
        finishedAt: seams.now(),
        error: recordError(error),
        ledger: sumLedgers([]),
      },
    };
    await recorder.ended(run, settlement);
    logger.error(`run refused: ${state}`, { state, error });
    return settlement;
  }

  /** Scope, code, outcome, disposal: the part in which the task's own code runs. */
  async #run(attempt: Attempt): Promise<{ decided: Outcome; ledger: LedgerSummary }> {
    const { logger, scopes } = this.#parts;
    const scope = new RunScope(scopes, attempt.fields);
    const clock = new RunClock(attempt.record, () => this.#kill(scope));
    this.#clocks.add(clock);
    if (this.#stopping) clock.stop();
    const end = await this.#code(attempt, scope, clock).finally(() => {
      // The limits are those of the code: neither disposal nor recording is aborted by them.
      clock.dispose();
      this.#clocks.delete(clock);
    });
    const decided = this.#decide(attempt, end, clock);
    if (end.kind === 'abandoned') {
      const where =
        clock.interruption instanceof HardTimeLimitExceeded ? 'its hard limit' : 'the stop';
      logger.error(`run left behind at ${where}; its code may still run in this process`);
      await this.#kill(scope);
    }
    this.#warn(await scope.dispose());
    return { decided, ledger: scope.ledger() };
  }

  async #code(attempt: Attempt, scope: RunScope, clock: RunClock): Promise<RunEnd> {
    const { record, payload } = attempt;
    const context = this.#context(attempt, scope, clock, record);
    const ended = performCode(scope, record, payload, context)
      .then((result) => resultJson(record.code, result, this.#parts.limits.resultBytes))
      .then(
        (result): RunEnd => ({ kind: 'returned', result }),
        (error: unknown): RunEnd => ({ kind: 'threw', error }),
      );
    return Promise.race([ended, clock.abandoned.then((): RunEnd => ({ kind: 'abandoned' }))]);
  }

  #context(attempt: Attempt, scope: RunScope, clock: RunClock, record: TaskRecord): ActiveRun {
    return new ActiveRun({
      fields: { ...attempt.fields, task: record.code },
      record,
      clock,
      startedAt: attempt.startedAt,
      scheduledFor: attempt.envelope.scheduledFor,
      triggeredBy: attempt.envelope.triggeredBy,
      logger: this.#parts.logger,
      onProgress: (fraction, message) => {
        if (!scope.closed) this.#parts.recorder.progress(attempt, fraction, message);
      },
      onDispose: (name, dispose) => scope.onDispose(name, 'task', dispose),
      onCall: (task, payload) => this.#call(attempt, scope, clock, task, payload),
    });
  }

  /** A task called from inside a run: a scope of its own within the run's, the run's signal, no retries. */
  async #call(
    attempt: Attempt,
    outer: RunScope,
    clock: RunClock,
    task: TaskClass,
    payload: unknown,
  ): Promise<unknown> {
    const { registry, limits } = this.#parts;
    const record = registry.get(task);
    const json = payloadJson(record.code, payload, limits.payloadBytes);
    const parsed = await parsePayload(record, json);
    const scope = outer.openInner(record.code);
    const context = this.#context(attempt, scope, clock, record);
    try {
      return await withRunFields({ ...attempt.fields, task: record.code }, () =>
        performCode(scope, record, parsed, context),
      );
    } finally {
      this.#warn(await outer.closeInner(scope));
    }
  }

  #decide(attempt: Attempt, end: RunEnd, clock: RunClock): Outcome {
    try {
      return outcome({
        end,
        interruption: clock.interruption,
        policy: attempt.record.retry,
        retriesUsed: attempt.envelope.attempt - 1,
        random: this.#parts.seams.random(),
      });
    } catch (error) {
      // A predicate or backoff function of the task's own threw; the task fails, the runtime goes on.
      this.#parts.logger.error('the retry policy of the task threw', { error });
      return { kind: 'final', state: 'failed', error: end.kind === 'threw' ? end.error : error };
    }
  }

  async #kill(scope: RunScope): Promise<void> {
    for (const { error } of await scope.kill()) {
      this.#parts.logger.warn('ending server-side work failed', { error });
    }
  }

  #warn(warnings: readonly DisposalWarning[]): void {
    for (const { name, error } of warnings) {
      this.#parts.logger.warn(`disposing ${name} failed`, { step: name, error });
    }
  }
}

function crashedTooOften(crashes: number, record: TaskRecord): SkepError {
  return new SkepError(
    'SKEP_CRASHED_TOO_OFTEN',
    `the process died ${crashes} times during this execution; maxCrashes is ${record.maxCrashes}`,
  );
}
