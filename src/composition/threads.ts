// The threads for isolated tasks; none is started before it is needed.
import { availableParallelism } from 'node:os';
import { sizeBytes } from '../core/config/config-schema.js';
import type { ProcessLogger } from '../core/log/winston-logger.js';
import type { Isolation } from '../core/ports/isolation.js';
import type { DataSourceProvider } from '../datasources/index.js';
import { ThreadPool } from '../plugins/isolation/index.js';
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
  { config, environment, file }: SkepInstallation,
  logger: ProcessLogger,
  sources: DataSourceProvider,
): Isolation {
  const { maxMemory, threads: most = availableParallelism() } = config.isolation;
  return new ThreadPool({
    file: thread.file.href,
    execArgv: [...process.execArgv, ...thread.execArgv],
    settings: {
      configFile: file,
      environment,
      cwd: process.cwd(),
      logLevel: logger.level ?? 'debug',
    },
    threads: most,
    heapMb: maxMemory === undefined ? undefined : Math.ceil(sizeBytes(maxMemory) / 2 ** 20),
    killConnection: (source, connectionId) => sources.kill(source, connectionId),
    logger,
  });
}
