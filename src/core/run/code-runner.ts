// Performs the code of an attempt in this thread: scope, code, outcome, disposal. It serves the main thread and the
// threads of isolated tasks alike.
import { SkepError } from '../errors/skep-error.js';
import type { Outcome } from '../execution.js';
import type { Logger } from '../log/logger.js';
import { withRunFields } from '../log/run-fields.js';
import type { Tracker, Transaction } from '../ports/tracker.js';
import type { Seams } from '../seams.js';
import { parsePayload, payloadJson } from '../tasks/payload.js';
import type { TaskRegistry } from '../tasks/registry.js';
import type { TaskRecord } from '../tasks/task-record.js';
import { ActiveRun } from './active-run.js';
import type { Attempt, Performed } from './attempt.js';
import type { Clock } from './clock.js';
import { type OutcomeFacts, outcome, type RunEnd, whyNoRetry } from './outcome.js';
import { resultSummary } from './result-summary.js';
import { attemptOf } from './run-recorder.js';
import { type DisposalWarning, RunScope, type ScopeFactory } from './scope.js';
import { performCode, resultJson } from './task-code.js';

/** Sizes in bytes. */
export interface RunLimits {
  readonly payloadBytes: number;
  readonly resultBytes: number;
}

export interface CodeRunnerParts {
  readonly registry: TaskRegistry;
  readonly scopes: ScopeFactory;
  readonly logger: Logger;
  readonly seams: Seams;
  readonly limits: RunLimits;
  readonly tracker: Pick<Tracker, 'complete'>;
}

/** What a run needs of whoever has it performed. */
export interface CodeHooks {
  /** Makes the clock of the run; `onKill` ends its work outside the process. */
  clock(onKill: () => Promise<unknown>): Clock;
  progress(fraction: number, message: string | undefined): void;
}

/** One run while its code is going on. */
interface Going {
  readonly attempt: Attempt;
  readonly scope: RunScope;
  readonly clock: Clock;
  readonly progress: CodeHooks['progress'];
  /** The code is that of a task which the task of the attempt calls. */
  readonly isCalled: boolean;
}

export class CodeRunner {
  readonly #parts: CodeRunnerParts;

  constructor(parts: CodeRunnerParts) {
    this.#parts = parts;
  }

  /** Performs the code of an attempt and disposes all that it opened. Never rejects. */
  async perform(attempt: Attempt, { clock: makeClock, progress }: CodeHooks): Promise<Performed> {
    const scope = new RunScope(this.#parts.scopes, attempt.fields);
    const clock = makeClock(() => this.#kill(scope));
    // What was interrupted before does not begin: the task is not even constructed.
    const end = clock.interruption
      ? ({ kind: 'threw', error: clock.interruption } as const)
      : await this.#code({ attempt, scope, clock, progress, isCalled: false });
    // The limits are those of the code: neither disposal nor recording is aborted by them.
    clock.dispose();
    const decided = decideOutcome(this.#parts, attempt, end, clock);
    if (end.kind === 'abandoned') {
      this.#parts.logger.error('run left behind; its code may still run in this process');
      await this.#kill(scope);
    }
    this.#warn(await scope.dispose());
    return { decided, ledger: scope.ledger() };
  }

  /** Resolves when the code has ended or is left behind. Of the path of every run: each promise less counts. */
  #code(going: Going): Promise<RunEnd> {
    going.clock.begin();
    return new Promise((resolve) => {
      going.clock.onAbandoned(() => resolve({ kind: 'abandoned' }));
      void this.#endOfCode(going).then(resolve);
    });
  }

  async #endOfCode(going: Going): Promise<RunEnd> {
    const { record, payload } = going.attempt;
    try {
      const { attempt, scope } = going;
      const context = this.#context(going, record);
      const perform = () => performCode(scope, record, payload, context);
      const result = await withRunFields(attempt.fields, perform, scope.work);
      const json = resultJson(record.code, result, this.#parts.limits.resultBytes);
      return { kind: 'returned', result: json };
    } catch (error) {
      return { kind: 'threw', error };
    }
  }

  #context(going: Going, record: TaskRecord): ActiveRun {
    const { attempt, scope, clock } = going;
    return new ActiveRun({
      fields: { ...attempt.fields, task: record.code },
      record,
      caughtRetry: caughtRetry(going),
      clock,
      startedAt: attempt.startedAt,
      scheduledFor: attempt.envelope.scheduledFor,
      triggeredBy: attempt.envelope.triggeredBy,
      logger: this.#parts.logger,
      onProgress: (fraction, message) => {
        if (!scope.closed) going.progress(fraction, message);
      },
      onComplete: (transaction, result, entry) =>
        scope.work.track(
          'complete',
          record.code,
          () => this.#complete(going, record, transaction, result),
          entry,
        ),
      onDispose: (name, dispose) => scope.onDispose(name, 'task', dispose),
      onCall: (task, payload, entry) => {
        const called = this.#parts.registry.get(task);
        const perform = () => this.#call(going, called, payload);
        return scope.work.track('call', called.code, perform, entry);
      },
    });
  }

  async #complete(
    { attempt, scope, isCalled }: Going,
    record: TaskRecord,
    transaction: Transaction,
    result: unknown,
  ): Promise<void> {
    const { tracker, seams, limits } = this.#parts;
    scope.assertOpen('context.complete');
    if (isCalled) throw completedInCall(record, attempt.record);
    if (!attempt.tracked) {
      const message = `context.complete: this execution of ${record.code} is not tracked`;
      const remedy =
        record.tracked === undefined
          ? `Add @Tracked() to ${record.code}.`
          : `It was dispatched before ${record.code} had @Tracked(): dispatch it again.`;
      throw new SkepError('SKEP_NOT_TRACKING', message, { remedy });
    }
    const json = resultJson(record.code, result, limits.resultBytes);
    const { attempt: number, worker } = attempt.fields;
    const report = {
      attempt: number,
      worker,
      startedAt: attempt.startedAt,
      finishedAt: seams.now(),
      ledger: scope.ledger(),
      ...(json === undefined ? {} : { result: json }),
    };
    const summary = resultSummary(record, json);
    await tracker.complete(attemptOf(attempt), transaction, { ...report, ...summary });
  }

  /** A task called from inside a run: a scope of its own within the run's, the run's signal, no retries. */
  async #call(going: Going, record: TaskRecord, payload: unknown): Promise<unknown> {
    const { limits } = this.#parts;
    going.scope.assertOpen(`a call of ${record.code}`);
    const json = payloadJson(record, payload, limits.payloadBytes);
    const parsed = await parsePayload(record, json);
    const scope = going.scope.openInner(record.code);
    const context = this.#context({ ...going, scope, isCalled: true }, record);
    try {
      return await withRunFields(
        { ...going.attempt.fields, task: record.code },
        () => performCode(scope, record, parsed, context),
        scope.work,
      );
    } finally {
      this.#warn(await going.scope.closeInner(scope));
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

/** What happens after a `context.retry()` that the task caught. */
function caughtRetry({ attempt, isCalled }: Going): string {
  if (isCalled) return 'the call throws it all the same';
  const why = whyNoRetry(retryFacts(attempt));
  return why === undefined ? 'it is retried all the same' : `${why}, so the attempt fails`;
}

/** What the attempt says of another one after it. */
function retryFacts({
  record,
  envelope,
}: Attempt): Pick<OutcomeFacts, 'policy' | 'retriesUsed' | 'onlyAttempt'> {
  return {
    policy: record.retry,
    retriesUsed: envelope.attempt - 1,
    onlyAttempt: envelope.onlyAttempt === true,
  };
}

function completedInCall({ code }: TaskRecord, { code: caller }: TaskRecord): SkepError {
  const message = `context.complete: ${code} was called by ${caller}, whose execution it is: it ends when ${caller} does`;
  return new SkepError('SKEP_COMPLETE_IN_CALL', message, {
    remedy: `Dispatch ${code} instead of calling it. Or move what both do into a function that takes the manager, and have ${caller} complete its own transaction.`,
  });
}

/** What becomes of an attempt; a policy of the task's own that throws fails the task, and the runtime goes on. */
export function decideOutcome(
  { seams, logger }: Pick<CodeRunnerParts, 'seams' | 'logger'>,
  attempt: Attempt,
  end: RunEnd,
  { interruption }: Pick<Clock, 'interruption'>,
): Outcome {
  try {
    return outcome({
      end,
      interruption,
      ...retryFacts(attempt),
      random: seams.random(),
    });
  } catch (error) {
    logger.error('the retry policy of the task threw', { error });
    return { kind: 'final', state: 'failed', error: end.kind === 'threw' ? end.error : error };
  }
}
