// The threads for isolated tasks. Neither a thread nor the pool's modules are there before a run needs them.
import { availableParallelism } from 'node:os';
import { sizeBytes } from '../core/config/config-schema.js';
import type { ProcessLogger } from '../core/log/winston-logger.js';
import type { Isolation } from '../core/ports/isolation.js';
import type { DataSourceProvider } from '../datasources/index.js';
import type { ThreadPool, ThreadPoolOptions } from '../plugins/isolation/thread-pool.js';
import type { SkepInstallation } from './installation.js';

/** Sources, as in tests and benchmarks, need to be compiled in a thread too. */
const fromSources = import.meta.url.endsWith('.ts');
const thread = {
  file: new URL(fromSources ? '../isolated-thread.ts' : '../isolated-thread.js', import.meta.url),
  execArgv: fromSources
    ? ['--import', new URL('../../scripts/lib/sources-register.mjs', import.meta.url).href]
    : [],
};

export function threads(
  { config, environment, emptyVariables, file }: SkepInstallation,
  logger: ProcessLogger,
  sources: DataSourceProvider,
): Isolation {
  const { maxMemory, threads: most = availableParallelism() } = config.isolation;
  return poolOnUse({
    file: thread.file.href,
    execArgv: [...process.execArgv, ...thread.execArgv],
    settings: {
      configFile: file,
      // A thread reads the same installation: what was set to nothing on purpose is part of it.
      environment: {
        ...Object.fromEntries([...emptyVariables].map((name) => [name, ''])),
        ...environment,
      },
      cwd: process.cwd(),
      logLevel: logger.level ?? 'debug',
    },
    threads: most,
    heapMb: maxMemory === undefined ? undefined : Math.ceil(sizeBytes(maxMemory) / 2 ** 20),
    killConnection: (source, connectionId) => sources.kill(source, connectionId),
    logger,
  });
}

/** A pool that is made for the first run which needs it; once closed, it takes no run. */
function poolOnUse(options: ThreadPoolOptions): Isolation {
  let pool: Promise<ThreadPool> | undefined;
  let closed = false;
  const open = async (): Promise<ThreadPool> => {
    const { ThreadPool } = await import('../plugins/isolation/thread-pool.js');
    const opened = new ThreadPool(options);
    if (closed) await opened.close();
    return opened;
  };
  return {
    async start(attempt, onProgress, signal) {
      pool ??= open();
      return (await pool).start(attempt, onProgress, signal);
    },
    async close() {
      closed = true;
      await (await pool)?.close();
    },
  };
}
