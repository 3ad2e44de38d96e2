// A worker process of the proof of crash points: the real composition. With a crash point it dispatches the execution in
// whose course it is to die, and consumes the queue of that alone; without one it is a runtime like any other.
// CONFIG_FILE LOG_FILE.
import { createWriteStream } from 'node:fs';
import { createLogger } from '../../src/core/log/winston-logger.js';
import { systemSeams } from '../../src/core/seams.js';
import { compose, load, openRuntime, startBackground } from '../../src/main.js';
import { wrapWrites } from './crash-steps.js';
import { aWhile, victim } from './crash-victim.js';

// Its test is gone.
process.on('disconnect', () => process.exit());
const [configFile = '', logFile = ''] = process.argv.slice(2);
const { point } = victim;
const { SKEP_CRASH_QUEUE: queue } = process.env;
const installation = await load({
  configFile,
  variables: process.env,
  cwd: process.cwd(),
  importModule: (url) => import(url),
});
const stream = createWriteStream(logFile, { flags: 'a' });
const logger = createLogger({ level: 'info', format: 'json', stream, colour: false });
const parts = compose({
  installation,
  logger,
  seams: { ...systemSeams, newId: victim.newId },
  queues: queue === undefined ? undefined : [queue],
});
if (point !== undefined) wrapWrites(parts);
await openRuntime(parts, { signal: new AbortController().signal, consumes: true });
await parts.worker.start();
await startBackground(parts);
process.once('SIGTERM', () => void parts.worker.drain(0));
process.send?.('ready');
if (point !== undefined) {
  const delay = point.step === 'mark' ? aWhile : '0ms';
  if (point.kind === 'duplicate') {
    const holder = await parts.dispatcher.dispatch(point.kind, null, { delay: aWhile });
    victim.log('acknowledged', holder.id);
  }
  victim.dispatchesOwn();
  const { id } = await parts.dispatcher.dispatch(point.kind, null, { delay });
  victim.log('acknowledged', id);
}
