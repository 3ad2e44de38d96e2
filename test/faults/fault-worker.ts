// A worker process of the proofs: the real composition over the plugin of the proofs. CONFIG_FILE LOG_FILE.
import { createWriteStream } from 'node:fs';
import { createLogger } from '../../src/core/log/winston-logger.js';
import { compose, load, openRuntime } from '../../src/main.js';

// Its test is gone.
process.on('disconnect', () => process.exit());
const [configFile = '', logFile = ''] = process.argv.slice(2);
const installation = await load({
  configFile,
  variables: process.env,
  cwd: process.cwd(),
  importModule: (url) => import(url),
});
const stream = createWriteStream(logFile, { flags: 'a' });
const logger = createLogger({ level: 'info', format: 'json', stream, colour: false });
const parts = compose({ installation, logger });
await openRuntime(parts, { signal: new AbortController().signal, consumes: true });
await parts.worker.start();
await parts.beacon.start();
process.send?.('ready');
