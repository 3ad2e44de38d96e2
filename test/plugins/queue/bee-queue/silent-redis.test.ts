// A Redis that takes the connection and does not answer keeps nobody from closing the broker.
import { systemSeams } from '../../../../src/core/seams.js';
import { BeeQueueBroker } from '../../../../src/plugins/queue/bee-queue/broker.js';
import { redisOptionsSchema } from '../../../../src/plugins/queue/bee-queue/options.js';
import { rememberingLogger } from '../../../support/harness.js';
import { SilentServer } from '../../../support/silent-server.js';

test('closing ends the opening: it is refused because of the close, and not because Redis is silent', async () => {
  await using redis = await SilentServer.listen();
  const { logger, lines } = rememberingLogger();
  const broker = new BeeQueueBroker({
    ...redisOptionsSchema.parse({}),
    url: `redis://${redis.address}`,
    logger,
    seams: systemSeams,
    worker: 'test',
  });
  const refusal = broker.open().catch((error: unknown) => error);
  await redis.connected;
  await broker.close();
  expect(await refusal).toMatchObject({ code: 'SKEP_BROKER_CLOSED' });
  expect(lines).toEqual([]);
});
