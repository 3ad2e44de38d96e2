// The plugin under the real runner: payloads go in as a dispatch, attempts follow one another without their waits.
import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { container as root } from 'tsyringe';
import {
  type Dispatched,
  Dispatcher,
  type DispatchOptions,
} from '../../../src/core/dispatch/dispatcher.js';
import type { Envelope } from '../../../src/core/envelope.js';
import type { Settlement } from '../../../src/core/ports/broker.js';
import { RunRecorder } from '../../../src/core/run/run-recorder.js';
import { Runner } from '../../../src/core/run/runner.js';
import { systemSeams } from '../../../src/core/seams.js';
import { injectionToken } from '../../../src/core/tasks/inject.js';
import type { TaskOverride } from '../../../src/core/tasks/option-schemas.js';
import { parsePayload, payloadJson } from '../../../src/core/tasks/payload.js';
import { TaskRegistry } from '../../../src/core/tasks/registry.js';
import type { TaskClass } from '../../../src/core/tasks/task-class.js';
import mail from '../../../src/plugins/mail/index.js';
import { mailOptions } from '../../../src/plugins/mail/mail-options.js';
import { MemoryTracker } from '../../../src/plugins/tracking/index.js';
import { type LogLine, rememberingLogger } from '../../support/harness.js';

const payloadLimit = 1_048_576;

/** Keeps what is dispatched; checks it as the runtime's own dispatcher does. */
class KeepingDispatcher extends Dispatcher {
  readonly envelopes: Envelope[] = [];
  readonly options: DispatchOptions[] = [];
  /** When set, the queue is out of reach. */
  failure: Error | undefined;
  constructor(private readonly registry: TaskRegistry) {
    super();
  }

  async dispatch(
    task: TaskClass | string,
    payload?: unknown,
    options: DispatchOptions = {},
  ): Promise<Dispatched<never>> {
    if (this.failure) throw this.failure;
    const record = this.registry.get(task);
    const json = payloadJson(record, payload, payloadLimit);
    await parsePayload(record, json);
    const id = systemSeams.newId();
    this.options.push(options);
    this.envelopes.push({
      v: 1,
      id,
      task: record.code,
      queue: record.queue,
      payload: json,
      attempt: 1,
      dispatchedAt: systemSeams.now(),
      triggeredBy: 'test',
    });
    const wait = () => Promise.reject(new Error('nothing waits here'));
    return { id, duplicate: false, task: record.code, wait };
  }

  async dispatchAll(): Promise<never> {
    throw new Error('not used by the plugin');
  }

  within(): never {
    throw new Error('not used by the plugin');
  }
}

export interface MailSetting {
  readonly url?: string;
  readonly options?: object;
  readonly tasks?: readonly TaskClass[];
  /** The entry of `send_email` in the `tasks` section of plugins.json. */
  readonly overrides?: TaskOverride;
}

export class MailRuntime implements AsyncDisposable {
  readonly lines: readonly LogLine[];
  readonly #runner: Runner;
  readonly #dispatcher: KeepingDispatcher;
  readonly #context: Parameters<NonNullable<typeof mail.register>>[0];

  private constructor(
    readonly dataDir: string,
    setting: MailSetting,
  ) {
    const { logger, lines } = rememberingLogger();
    this.lines = lines;
    const container = root.createChildContainer();
    const { registry, problems } = TaskRegistry.build(
      [{ plugin: 'mail', tasks: [...(mail.tasks ?? []), ...(setting.tasks ?? [])] }],
      { send_email: setting.overrides ?? {} },
    );
    if (problems.length > 0) throw new AggregateError(problems, 'the tasks are declared wrongly');
    this.#dispatcher = new KeepingDispatcher(registry);
    container.registerInstance(injectionToken<Dispatcher>(Dispatcher), this.#dispatcher);
    this.#context = {
      container,
      logger,
      dataDir,
      environment: { SMTP_URL: setting.url },
      isThread: false,
      options: mailOptions.parse(setting.options ?? { from: 'Skep <skep@example.com>' }),
    };
    mail.register?.(this.#context);
    const tracker = new MemoryTracker();
    this.#runner = new Runner({
      registry,
      scopes: { root: container, extensions: [], disposeTimeoutMs: 1_000 },
      recorder: new RunRecorder(tracker, [], logger),
      tracker,
      logger,
      seams: systemSeams,
      limits: { payloadBytes: payloadLimit, resultBytes: payloadLimit },
      worker: 'test',
    });
  }

  static async start(setting: MailSetting = {}): Promise<MailRuntime> {
    const dataDir = await mkdtemp(join(tmpdir(), 'skep-mail-'));
    const runtime = new MailRuntime(dataDir, setting);
    await mail.start?.({ ...runtime.#context, signal: AbortSignal.timeout(1_000) });
    return runtime;
  }

  /** What was dispatched, by a test or by a task. */
  get dispatched(): readonly Envelope[] {
    return this.#dispatcher.envelopes;
  }

  get dispatchOptions(): readonly DispatchOptions[] {
    return this.#dispatcher.options;
  }

  /** From now on nothing can be dispatched. */
  breakQueue(): void {
    this.#dispatcher.failure = new Error('the queue is out of reach');
  }

  /** Dispatches; rejects where a dispatch would. */
  async dispatch(payload: unknown, task = 'send_email'): Promise<Envelope> {
    await this.#dispatcher.dispatch(task, payload);
    const envelope = this.dispatched.at(-1);
    if (envelope === undefined) throw new Error('nothing was dispatched');
    return envelope;
  }

  /** One attempt. */
  attempt(envelope: Envelope): Promise<Settlement> {
    return this.#runner.perform({ id: envelope.id, raw: envelope, crashes: 0 });
  }

  /** Aborts what runs, as at the end of the grace period of a stop. */
  stop(): void {
    this.#runner.stop();
  }

  /** Attempts until the execution is final, without the waits between them. */
  async untilFinal(envelope: Envelope): Promise<Settlement[]> {
    const settlements: Settlement[] = [];
    for (let next: Envelope | undefined = envelope; next; ) {
      const settlement: Settlement = await this.attempt(next);
      settlements.push(settlement);
      next = settlement.kind === 'retry' ? settlement.envelope : undefined;
    }
    return settlements;
  }

  /** Dispatches and attempts until it is final. */
  async send(payload: object): Promise<Settlement[]> {
    return this.untilFinal(await this.dispatch(payload));
  }

  close(): void {
    void mail.close?.(this.#context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** What a settlement says in a word: `retrying`, `returned` or the final state. */
export const word = (settlement: Settlement): string =>
  settlement.kind === 'final'
    ? settlement.state
    : { retry: 'retrying', return: 'returned', postpone: 'postponed' }[settlement.kind];

/** Result or error of a settlement. */
export function report(settlement: Settlement | undefined) {
  if (settlement === undefined || !('report' in settlement)) throw new Error('there is no report');
  return settlement.report;
}
