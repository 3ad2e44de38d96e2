// A history of 10,000,000 executions: `list` with each filter, recording runs beside it, pruning it; on a MariaDB of its own
// with a buffer pool of 2 GB. SKEP_BENCH_ROWS makes it fewer. Prints a table and one line of JSON; exits with 1 when a
// figure is missed.
import 'reflect-metadata';
import Table from 'cli-table3';
import { SqlHistory } from '../src/plugins/tracking/history/sql-history.js';
import { Indexing } from '../src/plugins/tracking/history/text/indexing.js';
import { StoreDatabase } from '../src/plugins/tracking/store/store-database.js';
import { MariaServer } from '../test/support/servers/mariadb-server.js';
import { freshTables } from './history/databases.js';
import { fill } from './history/fill.js';
import { combinations, filters, type ListFigure, timeList } from './history/lists.js';
import { timePruning } from './history/pruning.js';
import { storeOn, transitionMs } from './history/transitions.js';
import { median } from './support/median.js';

const rows = Number(process.env.SKEP_BENCH_ROWS ?? 10_000_000);
const rounds = 5;
const runs = 5_000;
const toReach = { listMs: 100, transitionRatio: 1.2, pruningSlowdown: 1.1 } as const;
const options = [
  '--innodb-buffer-pool-size=2G',
  '--innodb-log-file-size=1G',
  '--innodb-flush-log-at-trx-commit=1',
];

const seconds = (since: number): number => (performance.now() - since) / 1_000;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const server = await MariaServer.create(options);
let missed: readonly string[] = ['everything'];
try {
  const [empty, full] = [
    await freshTables(server.url, 'empty'),
    await freshTables(server.url, 'full'),
  ];
  let began = performance.now();
  await fill(full.application, rows, (done) => {
    if (done % 1_000_000 === 0)
      say(`${done.toLocaleString('en')} rows after ${seconds(began).toFixed(0)} s`);
  });
  began = performance.now();
  const cpu = process.cpuUsage();
  const database = new StoreDatabase(full.application);
  const indexing = new Indexing({ database, keepsPayload: () => true, now: () => Date.now() });
  // Blocks that are not complete are looked at again and again.
  for (let block = 0; block < rows / 4_096; block += 1) if (!(await indexing.step())) break;
  const index = {
    rowsPerSecond: rows / seconds(began),
    cpuUsPerRow: process.cpuUsage(cpu).user / rows,
  };
  say(`words indexed after ${seconds(began).toFixed(0)} s`);

  const history = new SqlHistory(full.application);
  const time = async (named: ReturnType<typeof filters>): Promise<ListFigure[]> => {
    const figures: ListFigure[] = [];
    for (const [name, filter] of Object.entries(named)) {
      figures.push(await timeList(history, name, filter));
    }
    return figures;
  };
  const single = await time(filters(Date.now()));
  const combined = await time(combinations(Date.now()));

  const stores = { empty: storeOn(empty), full: storeOn(full) };
  const perRun: Record<'empty' | 'full', number[]> = { empty: [], full: [] };
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const which of ['empty', 'full'] as const) {
      const ms = await transitionMs(stores[which], runs);
      if (round > 0) perRun[which].push(ms);
    }
  }
  const ratio = median(perRun.full) / median(perRun.empty);
  const pruning = await timePruning(full, stores.full, rounds, runs);
  await Promise.all([stores.empty.close(), stores.full.close()]);
  await Promise.all([empty.close(), full.close()]);

  const lists = new Table({
    head: ['list of 20, ten pages', 'median', 'worst', 'found', 'to reach'],
  });
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  for (const { filter, medianMs, worstMs, found } of single)
    lists.push([filter, ms(medianMs), ms(worstMs), found, `under ${toReach.listMs} ms`]);
  for (const { filter, medianMs, worstMs, found } of combined)
    lists.push([filter, ms(medianMs), ms(worstMs), found, '']);
  console.log(lists.toString());
  const others = new Table({
    head: [`${rows.toLocaleString('en')} executions`, 'measured', 'to reach'],
  });
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  others.push(
    ['begin and end of a run, empty table', `${count(1_000 / median(perRun.empty))} /s`, ''],
    ['begin and end of a run, full table', `${count(1_000 / median(perRun.full))} /s`, ''],
    ['cost of the second to the first', ratio.toFixed(2), `at most ${toReach.transitionRatio}`],
    ['pruning beside runs', `${count(pruning.perSecond)} /s`, ''],
    [
      'time of a run beside it to that without',
      pruning.slowdown.toFixed(2),
      `at most ${toReach.pruningSlowdown}`,
    ],
    ['words indexed', `${count(index.rowsPerSecond)} executions/s`, ''],
    [
      'processor time of that in this process',
      `${index.cpuUsPerRow.toFixed(1)} µs an execution`,
      '',
    ],
  );
  console.log(others.toString());
  console.log(
    JSON.stringify({ bench: 'history', rows, single, combined, perRun, ratio, pruning, index }),
  );
  missed = [
    ...single.filter(({ medianMs }) => medianMs >= toReach.listMs).map(({ filter }) => filter),
    ...(ratio > toReach.transitionRatio ? ['transitions'] : []),
    ...(pruning.slowdown > toReach.pruningSlowdown ? ['pruning'] : []),
  ];
} finally {
  await server.remove();
}
if (missed.length > 0) {
  say(`Missed: ${missed.join(', ')}`);
  process.exitCode = 1;
}
