// `holdAll` with the embedded broker: DATA_DIR QUEUE CONCURRENCY.
import { systemSeams } from '../../../../src/core/seams.js';
import { EmbeddedBroker } from '../../../../src/plugins/queue/embedded/broker.js';
import { holdAll } from '../../../conformance/broker/hold-all.js';

const [dataDir = '', queue = '', concurrency = '1'] = process.argv.slice(2);
const logger = { error: console.error, warn: () => {}, info: () => {}, debug: () => {} };
const broker = new EmbeddedBroker({ dataDir, logger, seams: systemSeams, worker: 'holder' });
await holdAll(broker, queue, Number(concurrency));
