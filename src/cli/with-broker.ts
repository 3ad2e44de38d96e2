// What commands share that look into the queue, or change something there, and are done.
import { prepareDataDir } from '../core/config/data-dir.js';
import type { Broker } from '../core/ports/broker.js';
import { closeRuntime, compose, type SkepInstallation } from '../main.js';
import type { CommandContext } from './command.js';

/** Does some work with the open broker of the installation, and closes it. */
export async function withBroker<T>(
  context: CommandContext,
  work: (broker: Broker, installation: SkepInstallation) => Promise<T>,
): Promise<T> {
  const installation = await context.install();
  prepareDataDir(installation.dataDir);
  const parts = compose({ installation, logger: context.logger(installation) });
  const { broker } = parts;
  try {
    await broker.open();
    return await work(broker, installation);
  } finally {
    await closeRuntime(parts);
  }
}
