// Code of plugins may end the process while it is loaded, or throw where nothing awaits it. Both are failures of the command that name
// the plugin.
import { messageOf, SkepError } from '../core/errors/skep-error.js';
import { type ImportModule, importModule } from '../core/host/import-module.js';
import { asCodeOf, currentOwner } from '../core/log/run-fields.js';

/** Writes what went wrong, and returns the exit code. */
type Report = (error: SkepError) => number;

/** Watches the plugins of one command. */
export class PluginGuard {
  /** Rejects when code of a plugin throws where nothing awaits it. */
  readonly failed: Promise<never>;
  readonly #report: Report;
  #fail: (error: SkepError) => void = () => undefined;
  /** The module that is being loaded, while plugins are. */
  #loading: string | undefined;

  constructor(report: Report) {
    this.#report = report;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // It may fail when nobody waits any more.
    this.failed.catch(() => undefined);
    process.on('uncaughtException', this.#onStray);
    // Of a rejection Node keeps the asynchronous context, and so its owner, for this event alone.
    process.on('unhandledRejection', this.#onStray);
  }

  /** Loads plugins with an import that knows whose module it is. */
  async during<T>(load: (through: ImportModule) => Promise<T>): Promise<T> {
    this.#loading = 'a plugin';
    process.on('exit', this.#onExit);
    try {
      return await load((url, imported) => {
        const owner = `plugin module "${imported.module}"`;
        this.#loading = owner;
        return asCodeOf(owner, () => importModule(url, imported));
      });
    } finally {
      process.off('exit', this.#onExit);
      this.#loading = undefined;
    }
  }

  stop(): void {
    process.off('uncaughtException', this.#onStray);
    process.off('unhandledRejection', this.#onStray);
  }

  readonly #onExit = (exitCode: number): void => {
    const who = currentOwner() ?? this.#loading ?? 'a plugin';
    const message = `${who} ended the process while it was loaded, with exit code ${exitCode}`;
    const remedy = 'Take process.exit() out of the code that runs when the module is imported.';
    process.exitCode = this.#report(new SkepError('SKEP_PLUGIN_LOAD', message, { remedy }));
  };

  readonly #onStray = (error: unknown): void => {
    // A command that performs runs logs such errors, and goes on.
    if (process.listenerCount('uncaughtException') > 1) return;
    const owner = currentOwner() ?? this.#loading;
    const text = `an exception was thrown where nothing awaits it: ${messageOf(error)}`;
    if (owner === undefined) {
      this.#fail(new SkepError('SKEP_INTERNAL', text, { cause: error }));
      return;
    }
    const code = this.#loading === undefined ? 'SKEP_PLUGIN_FAILED' : 'SKEP_PLUGIN_LOAD';
    this.#fail(new SkepError(code, `${owner}: ${text}`, { cause: error }));
  };
}
