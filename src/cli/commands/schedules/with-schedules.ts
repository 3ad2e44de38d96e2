// What the commands share that look at schedules in the database, or change them, and are done.
import { prepareDataDir } from '../../../core/config/data-dir.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import { injectionToken } from '../../../core/tasks/inject.js';
import { closeRuntime, compose } from '../../../main.js';
import { Schedules } from '../../../plugins/scheduler/index.js';
import type { CommandContext } from '../../command.js';

/**
 * Does some work with the schedules of the installation; no plugin is started and no queue opened for it.
 * @throws SkepError `SKEP_NOT_SCHEDULING`; what opening the database throws.
 */
export async function withSchedules<T>(
  context: CommandContext,
  work: (schedules: Schedules) => Promise<T>,
): Promise<T> {
  const installation = await context.install();
  if (!installation.plugins.some(({ plugin }) => plugin.name === 'scheduler')) {
    throw new SkepError('SKEP_NOT_SCHEDULING', 'the plugin "scheduler" is not enabled');
  }
  prepareDataDir(installation.dataDir);
  const parts = compose({ installation, logger: context.logger(installation) });
  try {
    parts.host.register();
    await parts.sources.migrator.ensure();
    return await work(parts.container.resolve(injectionToken<Schedules>(Schedules)));
  } finally {
    await closeRuntime(parts);
  }
}
