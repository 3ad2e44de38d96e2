// What commands share that look at executions, or change something about them, in queue and record, and are done.
import { prepareDataDir } from '../core/config/data-dir.js';
import { type Composition, closeRuntime, compose } from '../main.js';
import type { CommandContext } from './command.js';

/** Does some work with the open queue, and the record where there is one, and closes them. */
export async function withExecutions<T>(
  context: CommandContext,
  work: (parts: Composition) => Promise<T>,
): Promise<T> {
  const installation = await context.install();
  prepareDataDir(installation.dataDir);
  const parts = compose({ installation, logger: context.logger(installation) });
  try {
    await parts.broker.open();
    // Without a record the application's database is none of its business.
    if (parts.store !== undefined) await parts.sources.migrator.ensure();
    return await work(parts);
  } finally {
    await closeRuntime(parts);
  }
}
