// A run with one Maria query, with connections that live for the run beside connections that are shared; on a
// real server. Rounds alternate, medians are taken; prints a table and one line of JSON.
import 'reflect-metadata';
import Table from 'cli-table3';
import { container, injectable } from 'tsyringe';
import { RunScope } from '../src/core/run/scope.js';
import { systemSeams } from '../src/core/seams.js';
import {
  collectSources,
  DataSourceProvider,
  dataSourceOptionsSchema,
  Maria,
  type ScopedDataSource,
} from '../src/datasources/index.js';
import { inject } from '../src/index.js';
import { median } from './support/median.js';

const rounds = 5;
const atOneTime = 20;
const runsInARound = { run: 1_000, shared: 20_000 } as const;
type Lifetime = keyof typeof runsInARound;
const ratioToReach = 10;

class OneQuery {
  constructor(private readonly maria: ScopedDataSource) {}

  run(): Promise<unknown> {
    return this.maria.use((m) => m.query('SELECT 1 AS one'));
  }
}
// As decorators would do it; benchmarks are loaded without them.
inject(Maria)(OneQuery, undefined, 0);
injectable()(OneQuery);

const silent = (): void => undefined;

function install(url: string, lifetime: Lifetime): DataSourceProvider {
  return new DataSourceProvider({
    sources: collectSources([]),
    options: { maria: dataSourceOptionsSchema.parse({ lifetime, pool: { max: atOneTime } }) },
    environment: { MARIA_URL: url },
    dataDir: '/nowhere',
    folder: '/nowhere',
    logger: { error: silent, warn: silent, info: silent, debug: silent },
    seams: systemSeams,
  });
}

/** Runs a second. */
async function round(provider: DataSourceProvider, runs: number): Promise<number> {
  const factory = { root: container, extensions: [provider], disposeTimeoutMs: 5_000 };
  let next = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    while (next < runs) {
      next += 1;
      const scope = new RunScope(factory, { executionId: `e-${next}`, task: 'bench', attempt: 1 });
      await scope.container.resolve(OneQuery).run();
      await scope.dispose();
      const { opened, closed } = scope.ledger();
      if (opened !== 1 || closed !== 1) throw new Error('the ledger does not balance');
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: atOneTime }, oneAfterTheOther));
  return (runs / (performance.now() - began)) * 1_000;
}

const server = process.env.SKEP_TEST_MARIADB_URL;
if (server === undefined)
  throw new Error('SKEP_TEST_MARIADB_URL is not set: run it through `npm run bench`');
const url = new URL('mysql', server).href;
const providers = { run: install(url, 'run'), shared: install(url, 'shared') };
const rates: Record<Lifetime, number[]> = { run: [], shared: [] };
// The first round warms up.
for (let at = 0; at <= rounds; at += 1) {
  for (const lifetime of ['run', 'shared'] as const) {
    const rate = await round(providers[lifetime], runsInARound[lifetime]);
    if (at > 0) rates[lifetime].push(rate);
  }
}
await Promise.all([providers.run.close(), providers.shared.close()]);

const result = { run: median(rates.run), shared: median(rates.shared) };
const ratio = result.shared / result.run;
const perSecond = (value: number): string => `${Math.round(value).toLocaleString('en')} /s`;
const table = new Table({ head: ['a run with one Maria query', 'measured', 'to reach'] });
table.push(
  ['lifetime run: a connection of its own', perSecond(result.run), ''],
  ['lifetime shared: a warm connection', perSecond(result.shared), ''],
  ['ratio of the two', ratio.toFixed(1), `at least ${ratioToReach}`],
);
console.log(table.toString());
console.log(JSON.stringify({ bench: 'datasource', rounds, atOneTime, ...result, ratio }));
if (ratio < ratioToReach) process.exitCode = 1;
