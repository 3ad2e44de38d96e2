// Injection of an installation: checked when its plugins have started, in the process and in each of its threads.
import type { DependencyContainer } from 'tsyringe';
import { throwProblems } from '../core/errors/skep-error.js';
import { prepareInjection } from '../core/host/injection-check.js';
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
  { plugins }: Pick<SkepInstallation, 'plugins'>,
  tasks: readonly TaskRecord[],
): void {
  const sources = contributedSources(plugins).definitions;
  const runTokens = [RunContext, ...sources.map(({ injectionToken }) => injectionToken)];
  throwProblems(prepareInjection({ container, tasks, runTokens }));
}
