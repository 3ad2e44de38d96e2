// A worker that is there to be killed: DATA_DIR LOG. Performs what is delivered, writes down what it did in a log of
// its own, and tells its parent of everything that is settled.
import { openSync, writeSync } from 'node:fs';
import { setTimeout as work } from 'node:timers/promises';
import { parseEnvelope } from '../../src/core/envelope.js';
import type { Delivery, Settlement } from '../../src/core/ports/broker.js';
import { systemSeams } from '../../src/core/seams.js';
import { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';
import { final, retry } from '../support/executions.js';

process.on('disconnect', () => process.exit());
const [dataDir = '', logFile = ''] = process.argv.slice(2);
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const log = openSync(logFile, 'a');
/** One write of one line: whole in the log or not there, whenever the process is killed. */
const note = (what: string, id: string): void => {
  writeSync(log, `${what} ${id} ${process.pid}\n`);
};

function settlementOf({ raw, crashes }: Delivery): Settlement {
  const envelope = parseEnvelope(raw);
  const attempt = envelope.attempt + crashes;
  // The payload is how many retries the execution is to have.
  return envelope.attempt <= Number(envelope.payload)
    ? retry(envelope, Date.now() + 5, { attempt })
    : final('success', { attempt });
}

const broker = new EmbeddedBroker({ dataDir, logger, seams: systemSeams, worker: 'killed' });
await broker.open();
await broker.consume({
  lanes: ['default'],
  concurrency: 10,
  deliver: async (delivery) => {
    note('started', delivery.id);
    await work(Math.random() * 4);
    note('performed', delivery.id);
    await delivery.settle(settlementOf(delivery));
    note('settled', delivery.id);
    process.send?.('settled');
  },
});
process.send?.('ready');
