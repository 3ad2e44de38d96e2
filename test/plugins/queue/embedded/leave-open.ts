// Dispatches, consumes for a moment, and never closes the broker: DATA_DIR.
import { systemSeams } from '../../../../src/core/seams.js';
import { EmbeddedBroker } from '../../../../src/plugins/queue/embedded/broker.js';
import { entry, final, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';

const [dataDir = ''] = process.argv.slice(2);
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const broker = new EmbeddedBroker({ dataDir, logger, seams: systemSeams, worker: 'leaving' });
await broker.open();
const [first, second] = [entry(), entry({}, Date.now() + 3_600_000)];
await broker.enqueue([first, second]);
const inbox = new Inbox();
const consumer = await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
await (await inbox.next()).settle(final());
await broker.waitForFinal(idOf(first));
await consumer.stop();
