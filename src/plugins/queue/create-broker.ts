// Chooses the broker: Redis where REDIS_URL is set, the embedded queue where it is not.
import type { Broker } from '../../core/ports/broker.js';
import { BeeQueueBroker, type BeeQueueBrokerOptions } from './bee-queue/broker.js';
import type { RedisOptions } from './bee-queue/options.js';
import { EmbeddedBroker, type EmbeddedBrokerOptions } from './embedded/broker.js';

export interface BrokerChoice
  extends Pick<BeeQueueBrokerOptions, 'logger' | 'seams' | 'worker'>,
    Pick<EmbeddedBrokerOptions, 'dataDir'> {
  readonly redisUrl: string | undefined;
  readonly redis: RedisOptions;
}

/** The broker of an installation, not open yet. @throws SkepError `SKEP_CONFIG_INVALID` for a URL that is none. */
export function createBroker({ redisUrl, redis, dataDir, ...parts }: BrokerChoice): Broker {
  if (redisUrl === undefined) return new EmbeddedBroker({ dataDir, ...parts });
  return new BeeQueueBroker({ url: redisUrl, ...redis, ...parts });
}
