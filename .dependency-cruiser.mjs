// Imports run one way: cli -> main -> plugins -> datasources -> core (docs/architecture.md).
const forbidden = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    forbidden('no-cycles', 'No import cycles.', {}, { circular: true }),
    forbidden(
      'core-knows-nobody',
      'core imports neither plugins, data sources, the CLI nor the composition root.',
      { path: '^src/core/' },
      { path: '^src/(?!core/)' },
    ),
    forbidden(
      'core-knows-no-storage',
      'core speaks no SQL and no Redis.',
      { path: '^src/core/' },
      { path: 'node_modules/(typeorm|mysql2|ioredis|bee-queue)/' },
    ),
    forbidden(
      'ports-know-no-run',
      'a port says what the runtime asks of others, not how a run is made.',
      { path: '^src/core/ports/' },
      { path: '^src/core/run/' },
    ),
    forbidden(
      'datasources-know-core-only',
      'data sources import core alone.',
      { path: '^src/datasources/' },
      { path: '^src/(?!core/|datasources/)' },
    ),
    forbidden(
      'plugins-look-inward',
      'plugins import neither the CLI nor the composition root.',
      { path: '^src/plugins/' },
      { path: '^src/(cli/|composition/|main\\.ts)' },
    ),
    forbidden(
      'plugins-keep-their-insides',
      'A plugin uses another plugin through its index.ts only.',
      { path: '^src/plugins/([^/]+)/' },
      { path: '^src/plugins/(?!$1/)[^/]+/(?!index\\.ts$)' },
    ),
    forbidden(
      'threads-are-entered-by-node',
      'The entry of a thread is imported by nobody: main.ts hands its address to the pool.',
      {},
      { path: '^src/isolated-thread\\.ts' },
    ),
    forbidden(
      'only-cli-imports-cli',
      'Nothing imports the CLI.',
      { pathNot: '^src/cli/' },
      { path: '^src/cli/' },
    ),
  ],
  options: { parser: 'swc', tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
};
