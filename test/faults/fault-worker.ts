// A worker process of the proofs: the real composition over the plugins of the proofs. CONFIG_FILE LOG_FILE. Its clock
// shows so many milliseconds more than that of the machine as SKEP_FAULT_CLOCK says; SKEP_FAULT_FREEZE has it freeze itself.
import { createWriteStream } from 'node:fs';
import { v7 as uuidv7 } from 'uuid';
import { createLogger } from '../../src/core/log/winston-logger.js';
import { type Seams, systemSeams } from '../../src/core/seams.js';
import { compose, load, openRuntime, startBackground } from '../../src/main.js';
import { freezeHolding, type Holder } from './freeze-holding.js';

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
const aheadMs = Number(process.env.SKEP_FAULT_CLOCK ?? 0);
const now = (): number => Date.now() + aheadMs;
const shifted: Seams = { ...systemSeams, now, newId: () => uuidv7({ msecs: now() }) };
const parts = compose({ installation, logger, seams: aheadMs === 0 ? systemSeams : shifted });
const { SKEP_FAULT_FREEZE: holder } = process.env;
if (holder !== undefined) freezeHolding(parts, holder as Holder);
await openRuntime(parts, { signal: new AbortController().signal, consumes: true });
await parts.worker.start();
await startBackground(parts);
await parts.roles.serve();
process.send?.('ready');
