// Lets a broker do a full round of work, so that what has not been delivered by then is not going to be.
import type { Broker } from '../../../src/core/ports/broker.js';
import { entry, final } from '../../support/executions.js';
import { Inbox } from '../../support/inbox.js';

export async function aFullRound(broker: Broker): Promise<void> {
  const inbox = new Inbox();
  const consumer = await broker.consume({ lanes: ['barrier'], concurrency: 1, ...inbox });
  // Twice: the second is claimed after everything that was under way with the first.
  for (let round = 0; round < 2; round += 1) {
    await broker.enqueue([entry({ queue: 'barrier' })]);
    await (await inbox.next()).settle(final());
  }
  await consumer.stop();
}
