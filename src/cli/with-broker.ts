// What commands share that look into the queue, or change something there, and are done.
import { prepareDataDir } from '../core/config/data-dir.js';
import type { Broker } from '../core/ports/broker.js';
import { closeRuntime, compose, type SkepInstallation } from '../main.js';
import type { CommandContext } from './command.js';

/** Changes something in the queue: work with the open broker of the installation, which is closed afterwards. */
export function withBroker<T>(
  context: CommandContext,
  work: (broker: Broker, installation: SkepInstallation) => Promise<T>,
): Promise<T> {
  return withClosedBroker(context, (broker, installation) => {
    prepareDataDir(installation.dataDir);
    return opened(broker, installation, work);
  });
}

/**
 * Reads the queue, as {@link withBroker}. A queue file that does not exist holds nothing, and is not created.
 * @returns what `read` returns, or an empty list where there is no queue file yet.
 */
export function readBroker<T>(
  context: CommandContext,
  read: (broker: Broker) => Promise<readonly T[]>,
): Promise<{ readonly installation: SkepInstallation; readonly found: readonly T[] }> {
  return withClosedBroker(context, async (broker, installation) => {
    if (broker.missingFile !== undefined) return { installation, found: [] };
    return { installation, found: await opened(broker, installation, read) };
  });
}

async function withClosedBroker<T>(
  context: CommandContext,
  work: (broker: Broker, installation: SkepInstallation) => Promise<T>,
): Promise<T> {
  const installation = await context.install();
  const parts = compose({ installation, logger: context.logger(installation) });
  try {
    return await work(parts.broker, installation);
  } finally {
    await closeRuntime(parts);
  }
}

async function opened<T>(
  broker: Broker,
  installation: SkepInstallation,
  work: (broker: Broker, installation: SkepInstallation) => Promise<T>,
): Promise<T> {
  await broker.open();
  return work(broker, installation);
}
