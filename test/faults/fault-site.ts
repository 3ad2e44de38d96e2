// An installation under faults: a folder with plugins.json, the log of side effects, workers that are processes of their
// own, and this process, which dispatches.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DispatchOptions, DispatchRequest } from '../../src/core/dispatch/dispatcher.js';
import { hasCode } from '../../src/core/errors/skep-error.js';
import type { ExecutionView } from '../../src/core/execution.js';
import type { JsonValue } from '../../src/core/json.js';
import type { Broker } from '../../src/core/ports/broker.js';
import { injectionToken } from '../../src/core/tasks/inject.js';
import { type Composition, closeRuntime, compose, load, openRuntime } from '../../src/main.js';
import { Schedules } from '../../src/plugins/scheduler/index.js';
import { type LogLine, rememberingLogger } from '../support/harness.js';
import { type TempFolder, tempFolder } from '../support/temp-folder.js';
import { now, SideEffects } from './side-effects.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const loader = new URL('../../scripts/lib/process-register.mjs', import.meta.url).href;
const workerScript = new URL('./fault-worker.ts', import.meta.url);
const pathOf = (module: string): string => fileURLToPath(new URL(module, import.meta.url));
const plugin = pathOf('./fault-plugin.ts');
/** What takes part in proofs of executions that are on record. */
const tracking = ['./tracked-plugin.ts', '../../src/plugins/tracking/index.ts'].map(pathOf);
const scheduler = pathOf('../../src/plugins/scheduler/index.ts');

/**
 * The section `redis` of plugins.json. A worker that stands still for half of the interval ends its runs, as it should,
 * and no test expects that; who dispatches waits for as long as a busy machine may take to answer.
 */
export const patientRedis = {
  stallInterval: '14s',
  dispatchTimeout: '10s',
  keepFinished: 1_000_000,
} as const;

/** Makes the proofs longer: kills, dispatches and runs are multiplied by it. */
export const scale = Number(process.env.SKEP_FAULT_SCALE ?? 1);

export interface SiteOptions {
  /** Of the queue; embedded when absent. */
  readonly redisUrl?: string;
  /** Of the database; embedded when absent. */
  readonly mariaUrl?: string;
  /** With the record of executions, and schedules, and the tasks of tracked-plugin.ts. */
  readonly tracked?: boolean;
  /** Sections of plugins.json, beside the defaults of the proofs. */
  readonly config?: object;
}

export class FaultSite implements AsyncDisposable {
  readonly effects: SideEffects;
  /** When which worker had died, by its process id. */
  readonly diedAt = new Map<number, number>();
  readonly #workers = new Set<FaultWorker>();

  private constructor(
    private readonly folder: TempFolder,
    private readonly configFile: string,
    private readonly variables: Readonly<Record<string, string>>,
    private readonly isTracked: boolean,
    private parts: Composition,
    /** Log lines of this process. */
    readonly lines: readonly LogLine[],
  ) {
    this.effects = new SideEffects(this.#effectsFile);
  }

  static async create(options: SiteOptions): Promise<FaultSite> {
    const { redisUrl, mariaUrl, tracked = false, config = {} } = options;
    const folder = tempFolder();
    const configFile = folder.write('plugins.json', {
      plugins: [plugin, ...(tracked ? [...tracking, scheduler] : [])],
      redis: patientRedis,
      ...config,
    });
    const variables = {
      SKEP_DATA_DIR: join(folder.path, 'data'),
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
      ...(mariaUrl === undefined ? {} : { MARIA_URL: mariaUrl }),
    };
    const installation = await load({
      configFile,
      variables,
      cwd: root,
      importModule: (url) => import(fileURLToPath(url)),
    });
    const { logger, lines } = rememberingLogger();
    const parts = compose({ installation, logger: { ...logger, close: async () => undefined } });
    if (tracked) await parts.sources.migrator.run();
    await open(parts, tracked);
    return new FaultSite(folder, configFile, variables, tracked, parts, lines);
  }

  get broker(): Broker {
    return this.parts.broker;
  }

  /** Where the embedded queue is. */
  get queueFile(): string {
    return join(this.parts.installation.dataDir, 'queue.db');
  }

  get schedules(): Schedules {
    return this.parts.container.resolve(injectionToken<Schedules>(Schedules));
  }

  /** Asks the database of the installation; on a connection that is mended when it was restarted. */
  sql<Row = unknown>(statement: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.parts.sources.application.use((manager) =>
      manager.query(statement, [...parameters]),
    );
  }

  /** Resolves with the id once it is acknowledged. */
  async dispatch(
    task: string,
    payload: JsonValue = null,
    options: DispatchOptions = {},
  ): Promise<string> {
    return (await this.parts.dispatcher.dispatch(task, payload, options)).id;
  }

  /** Dispatches several of all kinds in one call. */
  async dispatchEach(requests: readonly DispatchRequest[]): Promise<string[]> {
    return (await this.parts.dispatcher.dispatchAll(requests)).map(({ id }) => id);
  }

  /** Dispatches several in one call. */
  async dispatchAll(task: string, payloads: readonly JsonValue[]): Promise<string[]> {
    return this.dispatchEach(payloads.map((payload) => ({ task, payload })));
  }

  /** Dispatches several in one transaction of Maria; nobody in this process passes them on. */
  async dispatchWithin(task: string, payloads: readonly JsonValue[]): Promise<string[]> {
    const requests = payloads.map((payload) => ({ task, payload }));
    const { sources, dispatcher } = this.parts;
    const dispatched = await sources.application.transaction((manager) =>
      dispatcher.within(manager).dispatchAll(requests),
    );
    return dispatched.map(({ id }) => id);
  }

  /** Does something while this process has nothing open of the installation. */
  async whileClosed(act: () => void): Promise<void> {
    const { installation, logger } = this.parts;
    await closeRuntime(this.parts);
    act();
    this.parts = compose({ installation, logger });
    await open(this.parts, this.isTracked);
  }

  /** Starts a worker. @param variables of its environment, beside those of the installation. */
  startWorker(variables: Readonly<Record<string, string>> = {}): FaultWorker {
    const env = { ...this.variables, SKEP_FAULT_LOG: this.#effectsFile, ...variables };
    const worker = new FaultWorker([this.configFile, this.#workerLog], env);
    this.#workers.add(worker);
    void worker.gone.then(() => {
      this.#workers.delete(worker);
      this.diedAt.set(worker.pid, now());
    });
    return worker;
  }

  /**
   * Runs a script on this installation that measures itself, with the garbage collector in its hands: CONFIG_FILE and
   * `numbers` are its arguments.
   * @returns the one message that it sends
   */
  async measure<T>(script: URL, numbers: readonly number[]): Promise<T> {
    const args = [this.configFile, ...numbers.map(String)];
    const child = start(script, args, this.variables, ['--expose-gc']);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${script.pathname} ended with ${code}`);
    });
    try {
      const [message] = await Promise.race([once(child, 'message'), ended]);
      return message;
    } finally {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
    }
  }

  /** What the workers logged, as JSON lines. */
  workerLog(): string[] {
    return readFileSync(this.#workerLog, 'utf8').split('\n').slice(0, -1);
  }

  /** How the executions stand, in the order of their ids. */
  async views(ids: readonly string[]): Promise<(ExecutionView | undefined)[]> {
    const views: (ExecutionView | undefined)[] = [];
    for (let from = 0; from < ids.length; from += 100) {
      const some = ids.slice(from, from + 100).map((id) => this.#find(id));
      views.push(...(await Promise.all(some)));
    }
    return views;
  }

  /** Asks again where a busy machine takes longer to answer than dispatches wait here. */
  async #find(id: string, tries = 5): Promise<ExecutionView | undefined> {
    try {
      return await this.broker.find(id);
    } catch (error) {
      if (tries <= 1 || !hasCode(error, 'SKEP_QUEUE_UNREACHABLE')) throw error;
      return this.#find(id, tries - 1);
    }
  }

  /** Those of the executions that are not in this state, as they are. */
  async notIn(
    state: ExecutionView['state'],
    ids: readonly string[],
  ): Promise<{ id: string | undefined; state: string; error: unknown }[]> {
    const views = await this.views(ids);
    return views.flatMap((view, index) =>
      view?.state === state
        ? []
        : [{ id: ids[index], state: view?.state ?? 'unknown', error: view?.error }],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.kill()));
    await closeRuntime(this.parts);
    this.folder[Symbol.dispose]();
  }

  get #effectsFile(): string {
    return join(this.folder.path, 'side-effects.log');
  }

  get #workerLog(): string {
    return join(this.folder.path, 'workers.log');
  }
}

/** A process that only dispatches needs no more than the queue, unless there is a record. */
async function open(parts: Composition, isTracked: boolean): Promise<void> {
  if (isTracked) await openRuntime(parts, { signal: new AbortController().signal });
  else await parts.broker.open();
}

function start(
  script: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  return fork(script, args, {
    cwd: root,
    execArgv: [...flags, '--import', loader, '--disable-warning=ExperimentalWarning'],
    env: { PATH, HOME, ...env },
  });
}

/** A worker in a process of its own. */
export class FaultWorker {
  readonly #child: ChildProcess;
  /** Resolves when it has ended, however. */
  readonly gone: Promise<void>;
  /** Resolves when it consumes; rejects when it ends before. */
  readonly ready: Promise<void>;
  isReady = false;

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = start(workerScript, args, env);
    this.gone = once(this.#child, 'exit').then(() => {
      this.isReady = false;
    });
    this.ready = new Promise((resolve, reject) => {
      this.#child.once('message', () => {
        this.isReady = true;
        resolve();
      });
      this.#child.once('exit', (code) => reject(new Error(`a worker ended by itself: ${code}`)));
    });
    // Who kills it before it is ready does not ask.
    this.ready.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.gone;
  }

  /** Whether nothing of it goes on until it is thawed: no code, no thread, no timer. */
  get isFrozen(): boolean {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')')).startsWith(') T');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }
}
