// A task that does nothing, in a thread and inline, side by side: runs a second with many at one time, and what one
// run costs by itself. Threads are warm. Prints a table and one line of JSON.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { closeRuntime, compose, load, openRuntime } from '../src/main.js';
import { median } from './support/median.js';

const rounds = 7;
const runsInARound = 5_000;
const alone = 1_000;
const atOnce = 20;
const toReach = 2_000;

const folder = mkdtempSync(join(tmpdir(), 'skep-bench-'));
const plugin = fileURLToPath(new URL('./isolation/no-op-plugin.ts', import.meta.url));
writeFileSync(join(folder, 'plugins.json'), JSON.stringify({ plugins: [plugin] }));
const installation = await load({
  configFile: join(folder, 'plugins.json'),
  variables: { SKEP_DATA_DIR: folder },
  cwd: folder,
});
const silent = (): void => undefined;
const logger = { error: silent, warn: silent, info: silent, debug: silent };
const parts = compose({
  installation,
  logger: { ...logger, level: 'warn', close: async () => undefined },
});
await openRuntime(parts, { signal: new AbortController().signal });

let ids = 0;
async function perform(task: string): Promise<void> {
  ids += 1;
  const raw = {
    v: 1,
    id: `e-${ids}`,
    task,
    queue: 'default',
    payload: null,
    attempt: 1,
    dispatchedAt: Date.now(),
    triggeredBy: 'bench',
  };
  const settlement = await parts.runner.perform({ id: raw.id, raw, crashes: 0 });
  if (settlement.kind !== 'final' || settlement.state !== 'success') {
    throw new Error(JSON.stringify(settlement));
  }
}

async function many(task: string, runs: number, lanes: number): Promise<number> {
  const began = performance.now();
  let left = runs;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await perform(task);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return performance.now() - began;
}

interface Figures {
  readonly runsPerSecond: number[];
  readonly costUs: number[];
}
const figures: Record<string, Figures> = {};
const began = performance.now();
await perform('isolated');
const firstMs = performance.now() - began;
for (let round = 0; round <= rounds; round += 1) {
  for (const task of ['inline', 'isolated']) {
    const ms = await many(task, runsInARound, atOnce);
    const costUs = ((await many(task, alone, 1)) / alone) * 1_000;
    figures[task] ??= { runsPerSecond: [], costUs: [] };
    // The first round warms up.
    if (round === 0) continue;
    figures[task].runsPerSecond.push((runsInARound / ms) * 1_000);
    figures[task].costUs.push(costUs);
  }
}
await closeRuntime(parts);
rmSync(folder, { recursive: true });

const of = (task: string) => ({
  runsPerSecond: median(figures[task]?.runsPerSecond ?? []),
  costUs: median(figures[task]?.costUs ?? []),
});
const inline = of('inline');
const isolated = of('isolated');
const reached = isolated.runsPerSecond >= toReach;
const row = (name: string, one: typeof inline, goal: string): string[] => [
  name,
  `${Math.round(one.runsPerSecond)} runs/s`,
  `${one.costUs.toFixed(0)} µs`,
  goal,
];
const table = new Table({
  head: ['a no-op', `${atOnce} at a time`, 'one by one, each', 'to reach'],
});
table.push(row('inline', inline, ''), row('in a thread, warm', isolated, `${toReach} runs/s`), [
  'first run of a thread',
  '',
  `${firstMs.toFixed(0)} ms`,
  '',
]);
console.log(table.toString());
const threads = availableParallelism();
console.log(
  JSON.stringify({
    bench: 'isolation',
    rounds,
    runsInARound,
    atOnce,
    threads,
    inline,
    isolated,
    firstMs,
  }),
);
if (!reached) process.exitCode = 1;
