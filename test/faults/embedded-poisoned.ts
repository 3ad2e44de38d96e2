// A worker on a data folder where some executions kill their process: DATA_DIR.
import { setTimeout as work } from 'node:timers/promises';
import { parseEnvelope } from '../../src/core/envelope.js';
import { systemSeams } from '../../src/core/seams.js';
import { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';
import { final } from '../support/executions.js';

process.on('disconnect', () => process.exit());
const [dataDir = ''] = process.argv.slice(2);
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const maxCrashes = 3;

const broker = new EmbeddedBroker({ dataDir, logger, seams: systemSeams, worker: 'poisoned' });
await broker.open();
await broker.consume({
  lanes: ['default'],
  concurrency: 10,
  deliver: async (delivery) => {
    if (delivery.crashes > maxCrashes) return delivery.settle(final('quarantined'));
    // The healthy ones take longer than the poison to kill them.
    const isPoison = parseEnvelope(delivery.raw).payload === 'poison';
    await work(isPoison ? 20 : 40);
    if (isPoison) process.kill(process.pid, 'SIGKILL');
    return delivery.settle(final());
  },
});
