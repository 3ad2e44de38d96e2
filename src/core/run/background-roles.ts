// The background roles of a runtime: begun in order, ended in reverse; one that fails takes no other with it.
import { closeInOrder } from '../closing.js';
import { pluginError } from '../host/plugin-error.js';
import type { PluginWatch } from '../host/plugin-watch/plugin-watch.js';
import type { Role } from '../host/role.js';
import type { Logger } from '../log/logger.js';
import { asCodeOf } from '../log/run-fields.js';
import { within } from '../within.js';

/** A role, and the plugin that contributes it. */
export interface PluginRole {
  readonly plugin: string;
  readonly role: Role;
}

/** Times in milliseconds. */
export interface BackgroundRolesOptions {
  readonly logger: Logger;
  /** How long one role may take to begin. @default 30_000 */
  readonly startTimeoutMs?: number;
  /** How long one role may take to end; then it is left behind. @default 5_000 */
  readonly stopTimeoutMs?: number;
  /** Watches for roles that block the main thread; nobody does when absent. */
  readonly watch?: PluginWatch | undefined;
}

export class BackgroundRoles {
  readonly #make: () => readonly PluginRole[];
  readonly #options: Required<Omit<BackgroundRolesOptions, 'watch'>>;
  readonly #watch: PluginWatch | undefined;
  #waiting: PluginRole[] = [];
  readonly #started: PluginRole[] = [];

  /** @param make makes the roles, when the first of them are to begin. */
  constructor(
    make: () => readonly PluginRole[],
    { logger, startTimeoutMs = 30_000, stopTimeoutMs = 5_000, watch }: BackgroundRolesOptions,
  ) {
    this.#make = make;
    this.#options = { logger, startTimeoutMs, stopTimeoutMs };
    this.#watch = watch;
  }

  /**
   * Begins those that every runtime has.
   * @throws SkepError that names plugin and role of one that cannot begin, `SKEP_PLUGIN_START` or the code that it threw;
   *   those before it go on until `stop`.
   */
  async start(): Promise<void> {
    const all = this.#make();
    this.#waiting = all.filter(({ role }) => role.whenServing);
    for (const each of all) if (!each.role.whenServing) await this.#begin(each);
  }

  /** Begins those of a process that performs one run and consumes no queue. @throws as `start`. */
  async startForRun(): Promise<void> {
    for (const each of this.#make()) if (each.role.whenRunning) await this.#begin(each);
  }

  /** Begins those of a runtime that serves. @throws as `start`. */
  async serve(): Promise<void> {
    for (const each of this.#waiting.splice(0)) await this.#begin(each);
  }

  /** Never rejects. Safe to call twice, and before the start. */
  async stop(): Promise<void> {
    this.#waiting = [];
    const { logger, stopTimeoutMs: timeoutMs } = this.#options;
    const steps = this.#started
      .splice(0)
      .reverse()
      .map(({ plugin, role }) => ({
        name: `role "${role.name}" of plugin "${plugin}"`,
        close: () => this.#watched({ plugin, role }, 'stop', timeoutMs, () => role.stop()),
        timeoutMs,
      }));
    await closeInOrder(steps, logger);
  }

  #watched(
    { plugin, role }: PluginRole,
    what: string,
    timeoutMs: number,
    work: () => Promise<void> | void,
  ): Promise<void> | void {
    const who = `role "${role.name}" of plugin "${plugin}"`;
    const owned = () => asCodeOf(who, work);
    return this.#watch ? this.#watch.during({ who, what, timeoutMs }, owned) : owned();
  }

  async #begin(each: PluginRole): Promise<void> {
    this.#started.push(each);
    const { plugin, role } = each;
    try {
      const { startTimeoutMs } = this.#options;
      const start = () => this.#watched(each, 'start', startTimeoutMs, () => role.start());
      await within(start, startTimeoutMs);
    } catch (error) {
      const step = {
        plugin,
        what: `failed to start its role "${role.name}"`,
        late: `did not start its role "${role.name}"`,
        code: 'SKEP_PLUGIN_START',
      } as const;
      throw pluginError(step, error);
    }
  }
}
