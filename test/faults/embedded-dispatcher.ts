// A dispatcher that is there to be killed: DATA_DIR. Tells its parent the id of everything that was acknowledged.
import { systemSeams } from '../../src/core/seams.js';
import { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';
import { entries, idOf } from '../support/executions.js';

process.on('disconnect', () => process.exit());
const [dataDir = ''] = process.argv.slice(2);
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const broker = new EmbeddedBroker({ dataDir, logger, seams: systemSeams, worker: 'killed' });
await broker.open();
for (;;) {
  const some = entries(1 + Math.floor(Math.random() * 20), { payload: 0 });
  await broker.enqueue(some);
  process.send?.(some.map(idOf));
}
