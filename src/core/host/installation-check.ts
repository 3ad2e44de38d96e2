// The extension point of plugins that know what is wrong with an installation before anything of it is opened.
import type { Environment } from '../config/environment.js';
import type { SkepError } from '../errors/skep-error.js';
import type { TaskRegistry } from '../tasks/registry.js';
import { type Contribution, extensionPoint, functionProblem } from './plugin.js';

export interface CheckedInstallation {
  /** All sound tasks. */
  readonly registry: TaskRegistry;
  /** The options of the plugin that checks. */
  readonly options: unknown;
  /** The environment as it was at boot, `.env` included. */
  readonly environment: Environment;
  /** Where a value of plugins.json stands, for messages. */
  place(path: readonly PropertyKey[]): string;
}

/** Returns every mistake that it finds. One that does not end within the `startTimeout` of its plugin is reported as a mistake. */
export type InstallationCheck = (installation: CheckedInstallation) => Promise<SkepError[]>;

/** Where plugins contribute checks. */
export const installationChecks = extensionPoint<InstallationCheck>(
  'installation check',
  functionProblem,
);

/** Contributes a check at boot, reported together with all other mistakes. */
export function installationCheck(check: InstallationCheck): Contribution<InstallationCheck> {
  return { point: installationChecks, value: check };
}
