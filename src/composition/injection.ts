// Injection of an installation: checked when its plugins have started, in the process and in each of its threads; and, for whoever
// only reads, when they have registered.
import type { DependencyContainer } from 'tsyringe';
import { type SkepError, throwProblems } from '../core/errors/skep-error.js';
import { NotRegisteredError, prepareInjection } from '../core/host/injection-check.js';
import { RunContext } from '../core/run/run-context.js';
import type { TaskRecord } from '../core/tasks/task-record.js';
import { contributedSources, type SkepInstallation } from './installation.js';

/**
 * Registers what is marked `@injectable` and checks all that tasks ask for.
 * @param tasks those that run in this process or thread.
 * @throws SkepProblems with every `SKEP_INJECTION_INVALID`.
 */
export function openInjection(
  container: DependencyContainer,
  installation: Pick<SkepInstallation, 'plugins'>,
  tasks: readonly TaskRecord[],
): void {
  throwProblems(mistakesOf(container, installation, tasks));
}

/** What the injection of an installation looks like before its plugins have started. */
export interface InjectionFindings {
  /** What the start of a runtime will be refused for. */
  readonly mistakes: readonly SkepError[];
  /** The same, unless `start()` of one of the plugins {@link InjectionFindings.starting} registers what is missing. */
  readonly unlessStarted: readonly SkepError[];
  readonly starting: readonly string[];
}

/**
 * Finds what {@link openInjection} would throw. Call it when the plugins have registered; nothing is started for it. Since
 * `start()` may register services too, a missing one is certain only where no plugin has a `start()`. The plugins that come
 * with Skep register nothing there.
 */
export function examineInjection(
  container: DependencyContainer,
  installation: Pick<SkepInstallation, 'plugins' | 'registry'>,
): InjectionFindings {
  const all = mistakesOf(container, installation, installation.registry.all);
  const starting = installation.plugins
    .filter(({ plugin, entry }) => plugin.start && !entry.module.startsWith('skep/plugins/'))
    .map(({ plugin }) => plugin.name);
  const isDoubtful = (mistake: SkepError): boolean =>
    starting.length > 0 && mistake instanceof NotRegisteredError;
  return {
    mistakes: all.filter((mistake) => !isDoubtful(mistake)),
    unlessStarted: all.filter(isDoubtful),
    starting,
  };
}

function mistakesOf(
  container: DependencyContainer,
  { plugins }: Pick<SkepInstallation, 'plugins'>,
  tasks: readonly TaskRecord[],
): SkepError[] {
  const sources = contributedSources(plugins).definitions;
  const runTokens = [RunContext, ...sources.map(({ injectionToken }) => injectionToken)];
  return prepareInjection({ container, tasks, runTokens });
}
