// The inside of a thread for isolated tasks: builds its parts once, then performs one attempt after the other.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { queueOfLane } from '../../core/dispatch/lanes.js';
import { problemsOf } from '../../core/errors/skep-error.js';
import { redactText } from '../../core/log/redact.js';
import { withRunFields } from '../../core/log/run-fields.js';
import type { ProcessLogger } from '../../core/log/winston-logger.js';
import { passGate } from '../../core/native-gate.js';
import type { IsolatedAttempt } from '../../core/ports/isolation.js';
import type { Performed } from '../../core/run/attempt.js';
import type { CodeRunner } from '../../core/run/code-runner.js';
import { sumLedgers } from '../../core/run/ledgers.js';
import { portableOutcome } from '../../core/run/portable-outcome.js';
import type { RunIdentity } from '../../core/run/scope.js';
import { ThreadClock } from '../../core/run/thread-clock.js';
import { interruptionOf } from '../../core/run/told-interruption.js';
import type { Seams } from '../../core/seams.js';
import { abortsWhenTerminated } from '../../core/sqlite-driver.js';
import { parsePayload } from '../../core/tasks/payload.js';
import type { TaskRegistry } from '../../core/tasks/registry.js';
import type { LeaseListener } from '../../datasources/index.js';
import type {
  FromThread,
  OpenAnswer,
  OpenSettings,
  RunAnswer,
  ThreadJob,
  ToThread,
} from './messages.js';
import { ProgressSender } from './progress-sender.js';
import { threadLogger } from './thread-logger.js';

/** What a thread performs attempts with. */
export interface ThreadParts {
  readonly registry: TaskRegistry;
  readonly code: CodeRunner;
  readonly seams: Seams;
  /** Closes what was opened. */
  close(): Promise<void>;
}

/** What the parts of a thread tell the main thread through. */
export interface ThreadReports {
  readonly logger: ProcessLogger;
  leases(run: RunIdentity): LeaseListener;
}

/** Builds the parts of a thread and opens them. */
export type BuildThread = (settings: OpenSettings, reports: ThreadReports) => Promise<ThreadParts>;

interface Going {
  readonly run: number;
  readonly fields: RunIdentity;
  clock: ThreadClock | undefined;
}

/** Makes the function that performs the jobs of a thread. */
export function serveThread(build: BuildThread): (job: ThreadJob) => Promise<unknown> {
  let host: ThreadHost | undefined;
  return async (job) => {
    if (job.kind === 'open') {
      if (abortsWhenTerminated) passGate(job.gate);
      host = new ThreadHost(job.port);
      return host.open(build, job.settings);
    }
    return job.kind === 'run' ? host?.perform(job.run, job.attempt) : host?.close();
  };
}

class ThreadHost {
  readonly #port: MessagePort;
  #parts: ThreadParts | undefined;
  #going: Going | undefined;
  /** Came before the job that it is about: jobs and messages have ports of their own. */
  #early: ToThread[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message: ToThread) => this.#receive(message));
    // The thread lives as long as the pool wants it to.
    port.unref();
  }

  async open(build: BuildThread, settings: OpenSettings): Promise<OpenAnswer> {
    const send = (message: FromThread): void => this.#send(message);
    const logger = threadLogger(settings.logLevel, send);
    try {
      this.#parts = await build(settings, { logger, leases: (run) => this.#leases(run) });
      return {};
    } catch (error) {
      const problems = problemsOf(error).map(({ code, message }) => `${code}: ${message}`);
      return { error: redactText(problems.join('; ')) };
    }
  }

  perform(run: number, attempt: IsolatedAttempt): Promise<RunAnswer> {
    const { fields } = attempt;
    const going: Going = { run, fields, clock: undefined };
    this.#going = going;
    const perform = async (): Promise<RunAnswer> => {
      const progress = new ProgressSender((fraction, message) =>
        this.#send({ kind: 'progress', run, fraction, message }),
      );
      const { decided, ledger } = await this.#perform(going, attempt, progress);
      progress.flush();
      this.#going = undefined;
      return { decided: portableOutcome(decided), ledger };
    };
    return withRunFields(fields, perform, undefined, queueOfLane(attempt.envelope.queue));
  }

  async #perform(
    going: Going,
    { envelope, fields, fence }: IsolatedAttempt,
    progress: ProgressSender,
  ): Promise<Performed> {
    const { registry, code, seams } = this.#open();
    try {
      const record = registry.get(envelope.task);
      const payload = await parsePayload(record, envelope.payload);
      const tracked = envelope.tracked === true;
      const startedAt = seams.now();
      const attempt = {
        fields,
        tracked,
        fence,
        envelope,
        record,
        payload,
        startedAt,
        queueNow: seams.now,
      };
      return await code.perform(attempt, {
        clock: (onKill) => this.#clock(going, new ThreadClock(record, onKill)),
        progress: (fraction, message) => progress.tell(fraction, message),
      });
    } catch (error) {
      // The main thread knew the task and took the payload: the plugin has changed since.
      return { decided: { kind: 'final', state: 'failed', error }, ledger: sumLedgers([]) };
    }
  }

  async close(): Promise<void> {
    await this.#parts?.close();
  }

  #open(): ThreadParts {
    if (this.#parts === undefined) throw new Error('a run came before the thread was open');
    return this.#parts;
  }

  #clock(going: Going, clock: ThreadClock): ThreadClock {
    going.clock = clock;
    for (const message of this.#early.splice(0)) this.#receive(message);
    // The code begins in this turn: an interruption that has arrived and was not read yet must count before it does.
    for (
      let next = receiveMessageOnPort(this.#port);
      next;
      next = receiveMessageOnPort(this.#port)
    ) {
      this.#receive(next.message as ToThread);
    }
    return clock;
  }

  #receive(message: ToThread): void {
    const { run, clock } = this.#going ?? { run: 0, clock: undefined };
    if (message.run === run && clock) tell(clock, message);
    else if (message.run >= run) this.#early.push(message);
  }

  /** A lease that an earlier run comes to late belongs to no run. */
  #leases({ executionId, attempt }: RunIdentity): LeaseListener {
    const { run = 0, fields } = this.#going ?? {};
    const own = fields?.executionId === executionId && fields.attempt === attempt ? run : 0;
    return {
      opened: (source, connectionId) =>
        this.#send({ kind: 'lease-opened', run: own, source, connectionId }),
      ended: (source, connectionId, end) =>
        this.#send({ kind: 'lease-ended', source, connectionId, end }),
    };
  }

  #send(message: FromThread): void {
    this.#port.postMessage(message);
  }
}

function tell(clock: ThreadClock, message: ToThread): void {
  if (message.kind === 'kill') clock.kill();
  else clock.interrupt(interruptionOf(message.why));
}
