// An installation whose isolated tasks run in real threads: the composition of a process, with its runner in the test's
// hands.
import { fileURLToPath } from 'node:url';
import type { JsonValue } from '../../src/core/json.js';
import type { Settlement } from '../../src/core/ports/broker.js';
import type { RunObserver } from '../../src/core/ports/observer.js';
import type { Delivered } from '../../src/core/run/acceptance.js';
import { type Composition, closeRuntime, compose, load, openRuntime } from '../../src/main.js';
import { envelopeOf, type LogLine, rememberingLogger } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';

const plugin = fileURLToPath(new URL('./site/plugin.ts', import.meta.url));

export interface SiteOptions {
  readonly variables?: Record<string, string>;
  /** Sections of plugins.json. */
  readonly config?: object;
  readonly plugins?: readonly string[];
  /** Content of the file `.env` beside plugins.json; there is none when absent. */
  readonly dotEnv?: string;
}

export class IsolatedSite implements AsyncDisposable {
  #ids = 0;
  readonly #watchers = new Set<(task: string, message: string | undefined) => void>();

  private constructor(
    readonly folder: ReturnType<typeof tempFolder>,
    readonly parts: Composition,
    readonly lines: readonly LogLine[],
    observer: RunObserver,
  ) {
    observer.progress = ({ task }, _fraction, message) => {
      for (const watcher of this.#watchers) watcher(task, message);
    };
  }

  static async start({ variables, config, plugins = [plugin], dotEnv }: SiteOptions = {}) {
    const folder = tempFolder();
    if (dotEnv !== undefined) folder.write('.env', dotEnv);
    const installation = await load({
      configFile: folder.write('plugins.json', { plugins, ...config }),
      variables: { SKEP_DATA_DIR: folder.path, ...variables },
      cwd: folder.path,
      importModule: (url) => import(fileURLToPath(url)),
    });
    const { logger, lines } = rememberingLogger();
    const observer: RunObserver = {};
    const parts = compose({
      installation,
      logger: { ...logger, close: async () => undefined },
      observers: [observer],
    });
    const site = new IsolatedSite(folder, parts, lines, observer);
    await openRuntime(parts, { signal: new AbortController().signal });
    return site;
  }

  /** Performs one attempt, as a worker would have it performed. */
  perform(
    task: string,
    payload: JsonValue = null,
    { attempt = 1, ...delivered }: { attempt?: number } & Partial<Delivered> = {},
  ): Promise<Settlement> {
    this.#ids += 1;
    const id = `e-${this.#ids}`;
    const raw = envelopeOf(task, payload, { id, attempt });
    return this.parts.runner.perform({ id, raw, crashes: 0, ...delivered });
  }

  /** What a task that succeeds returns. */
  async result(task: string, payload?: JsonValue): Promise<Record<string, JsonValue>> {
    const settlement = await this.perform(task, payload);
    if (settlement.kind === 'final' && settlement.state === 'success') {
      return settlement.report.result as Record<string, JsonValue>;
    }
    throw new Error(`${task} came to ${JSON.stringify(settlement)}`);
  }

  /** Resolves with the message when a run of the task next tells its progress; with this message when one is given. */
  progressOf(task: string, awaited?: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const watcher = (told: string, message: string | undefined): void => {
        if (told !== task || (awaited !== undefined && message !== awaited)) return;
        this.#watchers.delete(watcher);
        resolve(message);
      };
      this.#watchers.add(watcher);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeRuntime(this.parts);
    this.folder[Symbol.dispose]();
  }
}
