// One whole runtime in a process of its own: it schedules, relays, consumes. Ends when its parent lets go of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeRuntime, compose, load, openRuntime, startBackground } from '../../src/main.js';

const [maria = '', redis = '', prefix = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'));
const built = (name: string): string =>
  fileURLToPath(new URL(`../../dist/plugins/${name}/index.js`, import.meta.url));
const plugin = fileURLToPath(new URL('./no-op-plugin.ts', import.meta.url));
const config = {
  plugins: [built('tracking'), built('scheduler'), plugin],
  queues: { default: { concurrency: 100 } },
  redis: { prefix },
};
writeFileSync(join(folder, 'plugins.json'), JSON.stringify(config));
const installation = await load({
  configFile: join(folder, 'plugins.json'),
  variables: { SKEP_DATA_DIR: folder, MARIA_URL: maria, REDIS_URL: redis },
  cwd: folder,
});
const silent = (): void => undefined;
const say = (message: string, fields?: object): void => console.error(message, fields);
const parts = compose({
  installation,
  logger: {
    error: say,
    warn: say,
    info: silent,
    debug: silent,
    level: 'warn',
    close: async () => undefined,
  },
});
await parts.sources.migrator.run();
await openRuntime(parts, { signal: new AbortController().signal, consumes: true });
await parts.worker.start();
await startBackground(parts);
await parts.roles.serve();
process.once('disconnect', async () => {
  await parts.worker.drain(5_000);
  await closeRuntime(parts);
  rmSync(folder, { recursive: true });
  process.exit(0);
});
process.send?.('ready');
