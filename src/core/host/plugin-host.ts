// The plugin host: registers, starts and closes the loaded plugins, in order and in reverse.
import type { DependencyContainer } from 'tsyringe';
import { closeInOrder, defaultCloseTimeoutMs } from '../closing.js';
import { defaultStartTimeout } from '../config/config-schema.js';
import type { Environment } from '../config/environment.js';
import { durationMs } from '../duration.js';
import { SkepError } from '../errors/skep-error.js';
import type { Logger } from '../log/logger.js';
import { asCodeOf } from '../log/run-fields.js';
import { unlessAborted, within } from '../within.js';
import type { LoadedPlugin } from './loaded-plugin.js';
import type { ExtensionPoint, PluginContext } from './plugin.js';
import { pluginError } from './plugin-error.js';
import type { PluginWatch } from './plugin-watch/plugin-watch.js';

export interface PluginHostParts {
  readonly plugins: readonly LoadedPlugin[];
  readonly container: DependencyContainer;
  readonly logger: Logger;
  readonly dataDir: string;
  readonly environment: Environment;
  readonly isThread: boolean;
  /** How long the `close` of one plugin may take, in milliseconds. @default 10_000 */
  readonly closeTimeoutMs?: number;
  /** Watches for plugins that block the main thread; nobody does when absent. */
  readonly watch?: PluginWatch | undefined;
}

/** All plugins together may take so many times as long to close as one of them. */
const boundsOfAll = 2;

/** Holds the plugins of a process. */
export class PluginHost {
  readonly #parts: PluginHostParts;
  #started: LoadedPlugin[] = [];

  constructor(parts: PluginHostParts) {
    this.#parts = parts;
  }

  get plugins(): readonly LoadedPlugin[] {
    return this.#parts.plugins;
  }

  /** Everything that the plugins contribute to a point, in order of dependency. */
  contributions<T>(point: ExtensionPoint<T>): T[] {
    return this.contributionsBy(point).map(({ value }) => value);
  }

  /** The same, each with the plugin that contributes it and the options of that plugin. */
  contributionsBy<T>(
    point: ExtensionPoint<T>,
  ): { readonly plugin: string; readonly options: unknown; readonly value: T }[] {
    return this.plugins.flatMap(({ plugin, options }) =>
      (plugin.contributes ?? [])
        .filter((contribution) => contribution.point === point)
        .map(({ value }) => ({ plugin: plugin.name, options, value: value as T })),
    );
  }

  /** Lets every plugin register its services. @throws SkepError `SKEP_PLUGIN_START`, `SKEP_PLUGIN_INVALID`. */
  register(): void {
    for (const each of this.plugins) {
      // Declared as returning nothing; an async one gives a promise all the same.
      let given: unknown;
      try {
        given = this.#registered(each);
      } catch (error) {
        const { name } = each.plugin;
        throw pluginError(
          { plugin: name, what: 'failed to register', code: 'SKEP_PLUGIN_START' },
          error,
        );
      }
      assertSynchronous(each.plugin.name, given);
    }
  }

  /**
   * Starts every plugin, in order of dependency. When one fails, those before it are closed again.
   * @param stop ends the start when it aborts: the plugin that is starting is not waited for any longer.
   * @throws SkepError that names the plugin which failed or was too slow: `SKEP_PLUGIN_START`, or the code that the
   *   plugin threw; the reason of `stop`.
   */
  async start(stop?: AbortSignal): Promise<void> {
    for (const each of this.plugins) {
      stop?.throwIfAborted();
      const deadline = new AbortController();
      const timeoutMs = durationMs(each.entry.startTimeout ?? defaultStartTimeout);
      const signal = stop ? AbortSignal.any([stop, deadline.signal]) : deadline.signal;
      this.#started.push(each);
      try {
        const context = { ...this.#context(each), signal };
        const start = () => unlessAborted(stop, () => each.plugin.start?.(context));
        await within(() => this.#watched(each, 'start', timeoutMs, start), timeoutMs);
      } catch (error) {
        deadline.abort(error);
        await this.close();
        const { name } = each.plugin;
        if (stop?.aborted && error === stop.reason) {
          this.#parts.logger.warn(`stopped while plugin "${name}" was starting`, { plugin: name });
          throw error;
        }
        const what = { what: 'failed to start', late: 'did not start' };
        throw pluginError({ plugin: name, ...what, code: 'SKEP_PLUGIN_START' }, error);
      }
    }
  }

  /**
   * Closes what was started, in reverse order, one after the other; a failing close is logged. Each is bounded, and all together: the
   * more of them hang, the less time is left to the rest, down to a tenth of the bound. Safe to call twice.
   */
  async close(): Promise<void> {
    const started = this.#started.reverse();
    this.#started = [];
    const { logger, closeTimeoutMs = defaultCloseTimeoutMs } = this.#parts;
    // Not side by side: the watch could not tell which of them computes.
    const until = performance.now() + boundsOfAll * closeTimeoutMs;
    for (const each of started) {
      const leftMs = Math.ceil(until - performance.now());
      const timeoutMs = Math.max(closeTimeoutMs / 10, Math.min(closeTimeoutMs, leftMs));
      const close = () =>
        this.#watched(each, 'close', timeoutMs, () => each.plugin.close?.(this.#context(each)));
      await closeInOrder([{ name: `plugin "${each.plugin.name}"`, close, timeoutMs }], logger);
    }
  }

  #registered(each: LoadedPlugin): unknown {
    const { watch } = this.#parts;
    const timeoutMs = durationMs(each.entry.startTimeout ?? defaultStartTimeout);
    const end = watch?.begin({ who: `plugin "${each.plugin.name}"`, what: 'register', timeoutMs });
    try {
      return asCodeOf(`plugin "${each.plugin.name}"`, () =>
        each.plugin.register?.(this.#context(each)),
      );
    } finally {
      end?.();
    }
  }

  /** Performs code of a plugin, watched where somebody watches. */
  #watched<T>(
    { plugin }: LoadedPlugin,
    what: string,
    timeoutMs: number,
    work: () => T | Promise<T>,
  ): T | Promise<T> {
    const { watch } = this.#parts;
    const who = `plugin "${plugin.name}"`;
    const owned = () => asCodeOf(who, work);
    return watch ? watch.during({ who, what, timeoutMs }, owned) : owned();
  }

  #context(each: LoadedPlugin): PluginContext {
    const { container, logger, dataDir, environment, isThread } = this.#parts;
    return { options: each.options, container, logger, dataDir, environment, isThread };
  }
}

/** Nothing waits for what register() promises: its failure would be a stray rejection, and its services come too late. */
function assertSynchronous(name: string, given: unknown): void {
  if (typeof (given as { then?: unknown } | null | undefined)?.then !== 'function') return;
  // Its own failure must not end the process beside the error that says what is wrong.
  Promise.resolve(given).catch(() => undefined);
  throw new SkepError(
    'SKEP_PLUGIN_INVALID',
    `register() of plugin "${name}" is asynchronous, and nothing waits for it`,
    { remedy: 'Make register() synchronous; do what has to be awaited in start().' },
  );
}
