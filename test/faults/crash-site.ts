// An installation for the proof of crash points: its folder, its logs, workers that die at a point and workers that do
// not, all in processes of their own.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Broker } from '../../src/core/ports/broker.js';
import { within } from '../../src/core/within.js';
import { type Composition, closeRuntime, compose, load } from '../../src/main.js';
import { rememberingLogger } from '../support/harness.js';
import { type TempFolder, tempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { CrashLog } from './crash-log.js';
import { type CrashPoint, nameOf } from './crash-points.js';
import { CrashRecords, type ExecutionRecord } from './crash-records.js';
import { now, SideEffects } from './side-effects.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const loader = new URL('../../scripts/lib/process-register.mjs', import.meta.url).href;
const workerScript = new URL('./crash-worker.ts', import.meta.url);
const plugin = fileURLToPath(new URL('./crash-plugin.ts', import.meta.url));
const tracking = join(root, 'src/plugins/tracking/index.ts');

/** A process that has not reached its crash point by then is not going to. */
const patienceMs = 90_000;
const tasks = ['plain', 'retried', 'completed', 'dispatching', 'child', 'returned', 'duplicate'];

/** Where the servers are of an installation that is not embedded. */
export interface SiteServers {
  readonly mariaUrl: string;
  readonly redisUrl: string;
  readonly redisPrefix: string;
}

/** How the process of a crash point ended. */
export interface Death {
  readonly point: string;
  readonly reached: boolean;
  readonly pid: number;
  /** The execution that it had dispatched. */
  readonly id: string | undefined;
  /** The rows of that and of what it had dispatched in its turn, as they were left behind. */
  readonly left: readonly ExecutionRecord[];
}

export class CrashSite implements AsyncDisposable {
  readonly effects: SideEffects;
  readonly log: CrashLog;
  readonly records: CrashRecords;
  /** When which process had died, by its id. */
  readonly diedAt = new Map<number, number>();
  /** What the processes wrote outside their log: warnings of Node, errors that nobody caught. */
  strayOutput = '';
  readonly #running = new Set<ChildProcess>();
  #victims = 0;

  private constructor(
    private readonly folder: TempFolder,
    private readonly configFile: string,
    private readonly variables: Readonly<Record<string, string>>,
    private readonly parts: Composition,
  ) {
    this.effects = new SideEffects(join(folder.path, 'side-effects.log'));
    this.log = new CrashLog(join(folder.path, 'crash.log'));
    const { MARIA_URL: mariaUrl, SKEP_DATA_DIR: dataDir = '' } = variables;
    this.records =
      mariaUrl === undefined
        ? CrashRecords.ofSqlite(join(dataDir, 'maria.db'))
        : CrashRecords.ofMaria(mariaUrl);
  }

  static async create(servers?: SiteServers): Promise<CrashSite> {
    const folder = tempFolder();
    const configFile = folder.write('plugins.json', {
      plugins: [tracking, plugin],
      // A process that dies has a queue of its own, so that the next one leaves alone what it left behind.
      tasks: Object.fromEntries(
        tasks.map((code) => [code, { queue: '${SKEP_CRASH_QUEUE:-default}', maxCrashes: 3 }]),
      ),
      // A worker that stands still for so long counts a crash, as it should, and no point expects that.
      redis: { prefix: servers?.redisPrefix ?? 'skep', stallInterval: '14s', keepFinished: 10_000 },
      dataSources: { maria: { lifetime: 'shared' } },
    });
    const variables = {
      SKEP_DATA_DIR: join(folder.path, 'data'),
      ...(servers ? { MARIA_URL: servers.mariaUrl, REDIS_URL: servers.redisUrl } : {}),
    };
    const installation = await load({
      configFile,
      variables,
      cwd: root,
      importModule: (url) => import(fileURLToPath(url)),
    });
    const { logger } = rememberingLogger();
    const parts = compose({ installation, logger: { ...logger, close: async () => undefined } });
    await parts.broker.open();
    await parts.sources.migrator.run();
    return new CrashSite(folder, configFile, variables, parts);
  }

  get broker(): Broker {
    return this.parts.broker;
  }

  /** What the processes logged as errors. */
  loggedErrors(): string[] {
    const lines = readFileSync(this.#workerLog, 'utf8').split('\n').slice(0, -1);
    return lines.filter((line) => line.includes('"level":"error"'));
  }

  /** Has a process dispatch an execution and die at a point of its course. */
  async dieAt(point: CrashPoint): Promise<Death> {
    this.#victims += 1;
    const before = await this.records.connections();
    const name = nameOf(point);
    const { child, gone } = this.#start({
      SKEP_CRASH_POINT: name,
      SKEP_CRASH_QUEUE: `point-${this.#victims}`,
    });
    await within(() => gone, patienceMs).catch(() => undefined);
    child.kill('SIGKILL');
    await gone;
    // What it had sent to the server may be carried out after its death.
    await until(async () => {
      const left = await this.records.connections();
      return left.every((connection) => before.includes(connection));
    });
    const pid = child.pid ?? 0;
    const reached = this.log.lines('reached').some((line) => line.pid === pid && line.id === name);
    const id = this.log.lines('own').find((line) => line.pid === pid)?.id;
    const rows = await this.records.executions();
    const left = rows.filter((row) => row.id === id || row.parent === id);
    return { point: name, reached, pid, id, left };
  }

  /** Starts a worker that goes on with everything; resolves when it consumes. */
  async startWorker(): Promise<void> {
    const { child, gone } = this.#start({});
    const ended = gone.then(() => {
      throw new Error(`the worker ended by itself: ${child.exitCode}`);
    });
    // Of interest until it is ready.
    ended.catch(() => undefined);
    await Promise.race([once(child, 'message'), ended]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = [...this.#running].map((child) => once(child, 'exit'));
    for (const child of this.#running) child.kill('SIGKILL');
    await Promise.all(ended);
    await closeRuntime(this.parts);
    this.folder[Symbol.dispose]();
  }

  get #workerLog(): string {
    return join(this.folder.path, 'workers.log');
  }

  #start(variables: Readonly<Record<string, string>>): {
    readonly child: ChildProcess;
    readonly gone: Promise<void>;
  } {
    const { PATH = '', HOME = '' } = process.env;
    const child = fork(workerScript, [this.configFile, this.#workerLog], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--import', loader, '--disable-warning=ExperimentalWarning'],
      env: {
        ...{ PATH, HOME, ...this.variables, ...variables },
        SKEP_FAULT_LOG: join(this.folder.path, 'side-effects.log'),
        SKEP_CRASH_LOG: join(this.folder.path, 'crash.log'),
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text) => {
        this.strayOutput += String(text);
      });
    }
    this.#running.add(child);
    const gone = once(child, 'exit').then(() => {
      this.#running.delete(child);
      this.diedAt.set(child.pid ?? 0, now());
    });
    return { child, gone };
  }
}
