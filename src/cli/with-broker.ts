// What commands share that look into the queue, or change something there, and are done.
import { prepareDataDir } from '../core/config/data-dir.js';
import type { Broker } from '../core/ports/broker.js';
import { compose, type SkepInstallation } from '../main.js';
import type { CommandContext } from './command.js';

/** Does some work with the open broker of the installation, and closes it. */
export async function withBroker<T>(
  context: CommandContext,
  work: (broker: Broker, installation: SkepInstallation) => Promise<T>,
): Promise<T> {
  const installation = await context.install();
  prepareDataDir(installation.dataDir);
  const { broker } = compose({ installation, logger: context.logger(installation) });
  try {
    await broker.open();
    return await work(broker, installation);
  } finally {
    await broker.close();
  }
}
