// Chooses the broker: Redis where REDIS_URL is set, the embedded queue where it is not. Only the chosen one is imported:
// either takes as long to load as all the rest of a short command.
import type { Broker } from '../../core/ports/broker.js';
import type { BeeQueueBrokerOptions } from './bee-queue/broker.js';
import type { RedisOptions } from './bee-queue/options.js';
import type { EmbeddedBrokerOptions } from './embedded/broker.js';

export interface BrokerOptions
  extends Pick<BeeQueueBrokerOptions, 'logger' | 'seams' | 'worker'>,
    Pick<EmbeddedBrokerOptions, 'dataDir'> {
  readonly redis: RedisOptions;
}

/** Makes the broker of an installation, not open yet. */
export type CreateBroker = (options: BrokerOptions) => Broker;

/**
 * Loads the broker of an installation.
 * @param redisUrl where its Redis is; undefined where it has none
 * @returns a function that throws SkepError `SKEP_CONFIG_INVALID` for a URL that is none
 */
export async function loadBroker(redisUrl: string | undefined): Promise<CreateBroker> {
  if (redisUrl === undefined) {
    const { EmbeddedBroker } = await import('./embedded/broker.js');
    return ({ redis: _, ...options }) => new EmbeddedBroker(options);
  }
  const { BeeQueueBroker } = await import('./bee-queue/broker.js');
  return ({ redis, dataDir: _, ...options }) =>
    new BeeQueueBroker({ url: redisUrl, ...redis, ...options });
}
