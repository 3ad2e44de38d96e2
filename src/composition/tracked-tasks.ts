// A task with @Tracked needs a plugin that contributes the store of executions: `tracking`, or one of the user's own.
import { SkepError } from '../core/errors/skep-error.js';
import type { LoadedPlugin } from '../core/host/loaded-plugin.js';
import { executionStores } from '../core/host/role.js';
import type { TaskRegistry } from '../core/tasks/registry.js';

/** Tracked tasks whose executions nothing would record: one problem for each. */
export function trackedWithoutStore(
  registry: TaskRegistry,
  plugins: readonly LoadedPlugin[],
  place: (path: readonly PropertyKey[]) => string,
): SkepError[] {
  const isRecorded = plugins.some(({ plugin }) =>
    (plugin.contributes ?? []).some(({ point }) => point === executionStores),
  );
  if (isRecorded) return [];
  return registry.all
    .filter(({ tracked }) => tracked !== undefined)
    .map(({ code, taskClass }) => {
      const message = `the task "${code}" is @Tracked, and no plugin of this installation keeps the record of executions`;
      return new SkepError('SKEP_NOT_TRACKING', message, {
        place: place(['plugins']),
        remedy: `Add "skep/plugins/tracking" to "plugins" in plugins.json, or take @Tracked off the class ${taskClass.name}.`,
      });
    });
}
