// An installation under faults: a folder with plugins.json, the log of side effects, workers that are processes of their
// own, and this process, which dispatches.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionView } from '../../src/core/execution.js';
import type { Broker } from '../../src/core/ports/broker.js';
import { type Composition, closeRuntime, compose, load } from '../../src/main.js';
import { type LogLine, rememberingLogger } from '../support/harness.js';
import { type TempFolder, tempFolder } from '../support/temp-folder.js';
import { now, SideEffects } from './side-effects.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const loader = new URL('../../scripts/lib/process-register.mjs', import.meta.url).href;
const workerScript = new URL('./fault-worker.ts', import.meta.url);
const plugin = fileURLToPath(new URL('./fault-plugin.ts', import.meta.url));

/** Makes the proofs longer: kills, dispatches and runs are multiplied by it. */
export const scale = Number(process.env.SKEP_FAULT_SCALE ?? 1);

export interface SiteOptions {
  readonly redisUrl: string;
  /** Of the database; embedded when absent. */
  readonly mariaUrl?: string;
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
    private readonly parts: Composition,
    /** Log lines of this process. */
    readonly lines: readonly LogLine[],
  ) {
    this.effects = new SideEffects(this.#effectsFile);
  }

  static async create({ redisUrl, mariaUrl, config = {} }: SiteOptions): Promise<FaultSite> {
    const folder = tempFolder();
    const configFile = folder.write('plugins.json', {
      plugins: [plugin],
      redis: { stallInterval: '1s', keepFinished: 1_000_000 },
      ...config,
    });
    const variables = {
      REDIS_URL: redisUrl,
      SKEP_DATA_DIR: join(folder.path, 'data'),
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
    await parts.broker.open();
    return new FaultSite(folder, configFile, variables, parts, lines);
  }

  get broker(): Broker {
    return this.parts.broker;
  }

  /** Resolves with the id once it is acknowledged. */
  async dispatch(task: string, payload: { [key: string]: number } | null = null): Promise<string> {
    return (await this.parts.dispatcher.dispatch(task, payload)).id;
  }

  /** Dispatches several in one call. */
  async dispatchAll(task: string, payloads: readonly object[]): Promise<string[]> {
    const requests = payloads.map((payload) => ({ task, payload }));
    const dispatched = await this.parts.dispatcher.dispatchAll(requests);
    return dispatched.map(({ id }) => id);
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
      const some = ids.slice(from, from + 100).map((id) => this.broker.find(id));
      views.push(...(await Promise.all(some)));
    }
    return views;
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
}
