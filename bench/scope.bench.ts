// Opening a scope, resolving a task with three data sources injected but unused, disposing. Prints a table and
// one line of JSON.
import 'reflect-metadata';
import Table from 'cli-table3';
import { container, injectable } from 'tsyringe';
import { RunScope } from '../src/core/run/scope.js';
import { systemSeams } from '../src/core/seams.js';
import {
  BioStar,
  collectSources,
  DataSourceProvider,
  Hris,
  Maria,
  type ScopedDataSource,
} from '../src/datasources/index.js';
import { inject } from '../src/index.js';
import { median } from './support/median.js';

const rounds = 7;
const scopesInARound = 20_000;
const limitUs = 30;

class UnusedSources {
  constructor(
    readonly maria: ScopedDataSource,
    readonly hris: ScopedDataSource,
    readonly bioStar: ScopedDataSource,
  ) {}
}
// As decorators would do it; benchmarks are loaded without them.
for (const [at, source] of [Maria, Hris, BioStar].entries())
  inject(source)(UnusedSources, undefined, at);
injectable()(UnusedSources);

const silent = (): void => undefined;
const provider = new DataSourceProvider({
  sources: collectSources([]),
  options: {},
  environment: {
    MARIA_URL: 'mysql://u:p@127.0.0.1:1/maria',
    HRIS_URL: 'mysql://u:p@127.0.0.1:1/hris',
    BIOSTAR_URL: 'mysql://u:p@127.0.0.1:1/biostar',
  },
  dataDir: '/nowhere',
  folder: '/nowhere',
  logger: { error: silent, warn: silent, info: silent, debug: silent },
  seams: systemSeams,
});

async function round(
  extensions: ConstructorParameters<typeof RunScope>[0]['extensions'],
): Promise<number> {
  const factory = { root: container, extensions, disposeTimeoutMs: 5_000 };
  const began = performance.now();
  for (let i = 0; i < scopesInARound; i += 1) {
    const scope = new RunScope(factory, { executionId: 'e', task: 'bench', attempt: 1 });
    if (extensions.length > 0) scope.container.resolve(UnusedSources);
    await scope.dispose();
  }
  return ((performance.now() - began) / scopesInARound) * 1_000;
}

const bare: number[] = [];
const withSources: number[] = [];
// The first round warms up.
for (let at = 0; at <= rounds; at += 1) {
  const one = await round([]);
  const other = await round([provider]);
  if (at > 0) {
    bare.push(one);
    withSources.push(other);
  }
}

const result = { bareUs: median(bare), withThreeSourcesUs: median(withSources), limitUs };
const table = new Table({ head: ['a scope: open, resolve, dispose', 'measured', 'to reach'] });
table.push(
  ['without data sources, nothing resolved', `${result.bareUs.toFixed(1)} µs`, ''],
  [
    'three sources injected, none used',
    `${result.withThreeSourcesUs.toFixed(1)} µs`,
    `under ${limitUs} µs`,
  ],
);
console.log(table.toString());
console.log(JSON.stringify({ bench: 'scope', rounds, scopesInARound, ...result }));
if (result.withThreeSourcesUs >= limitUs) process.exitCode = 1;
