// A runtime with the tracking plugin on the private MariaDB and Redis of the benchmark.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Composition, closeRuntime, compose, load, openRuntime } from '../../src/main.js';

export interface BenchRuntime {
  readonly parts: Composition;
  query<T>(sql: string): Promise<T[]>;
  close(): Promise<void>;
}

/**
 * Opens it; consumes nothing yet.
 * @param queues the only ones that it will consume.
 */
export async function openTracked(
  maria: string,
  concurrency: number,
  queues: readonly string[],
): Promise<BenchRuntime> {
  const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'));
  const plugin = fileURLToPath(new URL('./tasks-plugin.ts', import.meta.url));
  const tracking = fileURLToPath(new URL('../../dist/plugins/tracking/index.js', import.meta.url));
  const config = {
    plugins: [tracking, plugin],
    queues: { default: { concurrency }, later: { concurrency: 1 } },
    dataSources: { maria: { lifetime: 'shared', pool: { max: concurrency } } },
    // Of its own: what another one has left in its queues is not this one's.
    redis: { prefix: `bench-${randomUUID()}` },
  };
  writeFileSync(join(folder, 'plugins.json'), JSON.stringify(config));
  const installation = await load({
    configFile: join(folder, 'plugins.json'),
    variables: {
      SKEP_DATA_DIR: folder,
      MARIA_URL: maria,
      REDIS_URL: process.env.SKEP_TEST_REDIS_URL,
    },
    cwd: folder,
  });
  const silent = (): void => undefined;
  const say = (message: string, fields?: object): void => console.error(message, fields);
  const logger = { error: say, warn: say, info: silent, debug: silent };
  const parts = compose({
    installation,
    queues,
    logger: { ...logger, level: 'warn', close: async () => undefined },
  });
  await parts.sources.migrator.run();
  await openRuntime(parts, { signal: new AbortController().signal, consumes: true });
  return {
    parts,
    query: (sql) => parts.sources.application.use((manager) => manager.query(sql)),
    async close() {
      await parts.worker.drain(10_000);
      await closeRuntime(parts);
      rmSync(folder, { recursive: true });
    },
  };
}
