// An installation of docs/examples under the real runtime: queue, workers and data sources, in this process.
import { join } from 'node:path';
import type { ExecutionView } from '../../src/core/execution.js';
import type { JsonValue } from '../../src/core/json.js';
import type { ProcessLogger } from '../../src/core/log/winston-logger.js';
import {
  type Composition,
  closeRuntime,
  compose,
  load,
  openRuntime,
  startBackground,
} from '../../src/main.js';
import { type LogLine, rememberingLogger } from '../support/harness.js';
import { type TempFolder, tempFolder } from '../support/temp-folder.js';
import { root } from './markdown.js';

/** The sources of a module of this package: a test must not load the built copy beside them. */
const fromSources = (url: string): string =>
  url.replace(/\/dist\/(.*)\.js$/, '/src/$1.ts').replace(/^file:\/\//, '');

export class ExampleSite implements AsyncDisposable {
  private constructor(
    readonly folder: TempFolder,
    readonly parts: Composition,
    readonly lines: readonly LogLine[],
  ) {}

  /**
   * Starts the installation.
   * @param config path of its plugins.json under docs/examples.
   */
  static async start(config: string, variables: Record<string, string> = {}): Promise<ExampleSite> {
    const folder = tempFolder();
    const installation = await load({
      configFile: join(root, 'docs/examples', config),
      variables: { SKEP_DATA_DIR: folder.path, ...variables },
      cwd: root,
      importModule: (url) => import(fromSources(url)),
    });
    const { logger, lines } = rememberingLogger();
    const processLogger: ProcessLogger = { ...logger, close: async () => undefined };
    const parts = compose({ installation, logger: processLogger });
    const site = new ExampleSite(folder, parts, lines);
    await openRuntime(parts, { signal: new AbortController().signal, consumes: true });
    await parts.worker.start();
    await startBackground(parts);
    await parts.roles.serve();
    return site;
  }

  /** Dispatches by code and waits for the end. */
  async run(code: string, payload?: JsonValue): Promise<ExecutionView> {
    const { id } = await this.parts.dispatcher.dispatch(code, payload);
    return this.parts.executions.waitForFinal(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.worker.drain(1_000);
    await closeRuntime(this.parts);
    this.folder[Symbol.dispose]();
  }
}
