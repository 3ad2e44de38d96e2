// What a plugin is: a manifest, the tasks it brings, and what it contributes to other rooms.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { DependencyContainer } from 'tsyringe';
import type { PluginErrorEntry } from '../errors/entries.js';
import type { Logger } from '../log/logger.js';
import type { TaskClass } from '../tasks/task-class.js';

/** A named place to which plugins contribute values of one type; its owner collects them. */
export interface ExtensionPoint<T> {
  readonly name: string;
  /** Carries the type; never set. */
  readonly accepts?: T;
  /** Says what is wrong with a value that a plugin contributes: `expected a function`. Undefined for a sound one. */
  readonly problem?: ((value: unknown) => string | undefined) | undefined;
}

export interface Contribution<T = unknown> {
  readonly point: ExtensionPoint<T>;
  readonly value: T;
}

/**
 * Makes an extension point. Contributions are matched by the identity of the point, not by its name.
 * @param problem says what is wrong with a contributed value, for plugins in JavaScript: it is asked when a plugin is loaded, and
 *   the mistake is reported with the name of the plugin. Every value is taken when absent.
 */
export function extensionPoint<T>(
  name: string,
  problem?: ExtensionPoint<T>['problem'],
): ExtensionPoint<T> {
  return Object.freeze(problem === undefined ? { name } : { name, problem });
}

/** For points that take functions. */
export const functionProblem = (value: unknown): string | undefined =>
  typeof value === 'function' ? undefined : 'expected a function';

/** What a plugin is given when it registers, starts and closes. */
export interface PluginContext<Options = unknown> {
  /** The options of plugins.json, validated and completed by the plugin's schema. */
  readonly options: Options;
  /** The root container: register services here; what a run resolves is found through it. */
  readonly container: DependencyContainer;
  readonly logger: Logger;
  /** Absolute path of the data folder (SKEP_DATA_DIR); it exists. */
  readonly dataDir: string;
  /** The environment as it was at boot, `.env` included. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * True in a thread for isolated tasks, which registers, starts and closes its own copy of every plugin. What there is
   * to be once in a process, such as a server that listens, is left out there.
   */
  readonly isThread: boolean;
}

export interface PluginStartContext<Options = unknown> extends PluginContext<Options> {
  /** Aborts when the start deadline has passed. */
  readonly signal: AbortSignal;
}

export interface PluginDefinition<Options = unknown> {
  /** Lower-case words joined by hyphens; unique among the enabled plugins. */
  readonly name: string;
  /** The plugin's own version, semver. */
  readonly version: string;
  /** Range of Skep versions it works with, semver; any when absent. */
  readonly skep?: string;
  /** Plugins it needs: name to semver range. They start before it and close after it. */
  readonly requires?: Readonly<Record<string, string>>;
  /** Standard Schema of the options in plugins.json; without it the plugin takes none. */
  readonly options?: StandardSchemaV1<unknown, Options>;
  readonly tasks?: readonly TaskClass[];
  readonly contributes?: readonly Contribution[];
  /**
   * Codes of errors that it throws as `new SkepError(code, …)`, with what causes them and what a person does about it: commands
   * show both. Upper-case words joined by `_`; those that begin with `SKEP_` are Skep's own.
   *
   * @example errors: { PAYROLL_CLOSED: { cause: 'The month is closed.', remedy: 'Ask payroll to open it.' } }
   */
  readonly errors?: Readonly<Record<string, PluginErrorEntry>>;
  /** Registers services in the root container; before any plugin starts. Synchronous: an async one is refused. */
  register?(context: PluginContext<Options>): void;
  /** Opens what the plugin needs. Runs in order of dependency, under the start deadline. */
  start?(context: PluginStartContext<Options>): Promise<void> | void;
  /** Closes what start opened. Runs in reverse order, also when a later plugin failed to start. */
  close?(context: PluginContext<Options>): Promise<void> | void;
}

/** Marks a definition as a plugin, also across two copies of the package. */
export const pluginMark: unique symbol = Symbol.for('skep.plugin') as never;

export interface Plugin<Options = unknown> extends PluginDefinition<Options> {
  readonly [pluginMark]: true;
}

/**
 * Declares a plugin; the default export of a module that plugins.json names.
 * The manifest is validated when the plugin is loaded, so that all mistakes are reported together.
 */
export function definePlugin<Options = undefined>(
  definition: PluginDefinition<Options>,
): Plugin<Options> {
  return Object.freeze({ ...definition, [pluginMark]: true as const });
}
