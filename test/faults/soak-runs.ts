// A process that performs runs without end and measures itself: CONFIG_FILE WARM_UP RUNS EVERY. Tells its parent the
// samples, one after each EVERY runs, when the queue is empty and everything that can be freed is freed.
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { getHeapCodeStatistics } from 'node:v8';
import { createLogger } from '../../src/core/log/winston-logger.js';
import { closeRuntime, compose, load, openRuntime } from '../../src/main.js';

export interface Sample {
  readonly runs: number;
  /** On the heap and beside it, bytes. Without the code that V8 compiles of functions that become hot, over minutes. */
  readonly memory: number;
  readonly resident: number;
  /** What keeps the event loop busy: timers, sockets, requests. */
  readonly handles: number;
  readonly files: number;
}

const looksPerSample = 8;
const pauseMs = 20;

process.on('disconnect', () => process.exit());
const [configFile = '', ...numbers] = process.argv.slice(2);
const [warmUp = 0, runs = 0, every = 0] = numbers.map(Number);
const collect = globalThis.gc;
if (collect === undefined) throw new Error('needs --expose-gc');

const installation = await load({
  configFile,
  variables: process.env,
  cwd: process.cwd(),
  importModule: (url) => import(url),
});
const logger = createLogger({
  level: 'warn',
  format: 'json',
  stream: process.stderr,
  colour: false,
});
const parts = compose({ installation, logger });
await openRuntime(parts, { signal: new AbortController().signal, consumes: true });
await parts.worker.start();
await parts.beacon.start();

const request = { task: 'noop', payload: { n: 1 } };
const requests = Array.from({ length: 1_000 }, () => request);

async function perform(count: number): Promise<void> {
  for (let done = 0; done < count; done += requests.length) {
    await parts.dispatcher.dispatchAll(requests);
  }
  await parts.broker.waitForEmpty();
}

/** What is left when nothing is going on: the least of several looks, as something small always is. */
async function sample(runsSoFar: number): Promise<Sample> {
  const looks: Sample[] = [];
  for (let look = 0; look < looksPerSample; look += 1) {
    await pause(pauseMs);
    collect?.();
    looks.push(measure(runsSoFar));
  }
  return {
    runs: runsSoFar,
    memory: Math.min(...looks.map(({ memory }) => memory)),
    resident: Math.min(...looks.map(({ resident }) => resident)),
    handles: Math.min(...looks.map(({ handles }) => handles)),
    files: Math.min(...looks.map(({ files }) => files)),
  };
}

function measure(runsSoFar: number): Sample {
  const { heapUsed, external, rss } = process.memoryUsage();
  const code = getHeapCodeStatistics();
  return {
    runs: runsSoFar,
    memory: heapUsed + external - code.code_and_metadata_size - code.bytecode_and_metadata_size,
    resident: rss,
    handles: process.getActiveResourcesInfo().length,
    files: readdirSync('/proc/self/fd').length,
  };
}

await perform(warmUp);
const samples = [await sample(0)];
for (let done = every; done <= runs; done += every) {
  await perform(every);
  samples.push(await sample(done));
}
process.send?.(samples);
await parts.worker.drain(5_000);
await closeRuntime(parts);
process.disconnect();
