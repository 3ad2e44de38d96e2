// The plugin host: registers, starts and closes the loaded plugins, in order and in reverse.
import type { DependencyContainer } from 'tsyringe';
import { defaultStartTimeout } from '../config/config-schema.js';
import type { Environment } from '../config/environment.js';
import { durationMs, formatMs } from '../duration.js';
import { SkepError } from '../errors/skep-error.js';
import type { Logger } from '../log/logger.js';
import { NotInTime, within } from '../within.js';
import type { LoadedPlugin } from './loaded-plugin.js';
import type { ExtensionPoint, PluginContext } from './plugin.js';

export interface PluginHostParts {
  readonly plugins: readonly LoadedPlugin[];
  readonly container: DependencyContainer;
  readonly logger: Logger;
  readonly dataDir: string;
  readonly environment: Environment;
  readonly isThread: boolean;
}

const closeTimeoutMs = 10_000;

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

  /** Lets every plugin register its services. @throws SkepError `SKEP_PLUGIN_START`. */
  register(): void {
    for (const each of this.plugins) {
      try {
        each.plugin.register?.(this.#context(each));
      } catch (error) {
        throw startError(each.plugin.name, 'failed to register', error);
      }
    }
  }

  /**
   * Starts every plugin, in order of dependency. When one fails, those before it are closed again.
   * @throws SkepError `SKEP_PLUGIN_START` that names the plugin which failed or was too slow.
   */
  async start(): Promise<void> {
    for (const each of this.plugins) {
      const controller = new AbortController();
      const timeoutMs = durationMs(each.entry.startTimeout ?? defaultStartTimeout);
      this.#started.push(each);
      try {
        const context = { ...this.#context(each), signal: controller.signal };
        await within(() => each.plugin.start?.(context), timeoutMs);
      } catch (error) {
        controller.abort(error);
        await this.close();
        const why =
          error instanceof NotInTime
            ? `did not start within ${formatMs(timeoutMs)}`
            : 'failed to start';
        throw startError(each.plugin.name, why, error);
      }
    }
  }

  /** Closes what was started, in reverse order; a failing close is logged. Safe to call twice. */
  async close(): Promise<void> {
    const started = this.#started.reverse();
    this.#started = [];
    for (const each of started) {
      try {
        await within(() => each.plugin.close?.(this.#context(each)), closeTimeoutMs);
      } catch (error) {
        this.#parts.logger.warn(`plugin "${each.plugin.name}" failed to close`, { error });
      }
    }
  }

  #context(each: LoadedPlugin): PluginContext {
    const { container, logger, dataDir, environment, isThread } = this.#parts;
    return { options: each.options, container, logger, dataDir, environment, isThread };
  }
}

function startError(name: string, why: string, error: unknown): SkepError {
  // A plugin that fails with an error of the catalogue has said it better than "failed to start".
  if (error instanceof SkepError) return error;
  const message =
    error instanceof Error && !(error instanceof NotInTime) ? `: ${error.message}` : '';
  return new SkepError('SKEP_PLUGIN_START', `plugin "${name}" ${why}${message}`, { cause: error });
}
