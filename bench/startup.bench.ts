// What short commands of the binary cost a person and a processor, beside a Node that does nothing. SKEP_BENCH_BEFORE names
// the folder of another checkout, built, whose binary is measured in turn. Prints a table and one line of JSON.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Table from 'cli-table3';
import { median } from './support/median.js';

const rounds = 9;
const root = fileURLToPath(new URL('..', import.meta.url));
const before = process.env.SKEP_BENCH_BEFORE || undefined;

/** What is to be reached, in seconds of a person's time. */
const limits: Readonly<Record<string, number>> = {
  '--version': 0.15,
  'dispatch hello': 0.6,
  'executions list': 0.6,
  queues: 0.6,
};
const plugin = `import { definePlugin, Task } from 'skep';
class Hello { run() {} }
Task({ code: 'hello' })(Hello);
export default definePlugin({ name: 'hello', version: '1.0.0', tasks: [Hello] });
`;
/** At its end, a process says how much processor time it has used, in microseconds. */
const meter = `import { writeSync } from 'node:fs';
process.on('exit', () => { const { user, system } = process.cpuUsage(); writeSync(3, String(user + system)); });`;
const metered = ['--import', `data:text/javascript,${encodeURIComponent(meter)}`];

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** A site with the plugins of the main job, in which the package is the checkout in `folder`. */
function siteOf(folder: string): string {
  const site = mkdtempSync(join(tmpdir(), 'skep-bench-'));
  mkdirSync(join(site, 'node_modules'));
  symlinkSync(folder, join(site, 'node_modules/skep'));
  copyFileSync(join(root, 'plugins.schema.json'), join(site, 'plugins.schema.json'));
  const plugins = ['tracking', 'scheduler', 'sample-site', 'hris', 'mail'].map(
    (name) => `skep/plugins/${name}`,
  );
  writeFileSync(
    join(site, 'plugins.json'),
    JSON.stringify({ plugins: [...plugins, './hello.mjs'] }),
  );
  writeFileSync(join(site, 'hello.mjs'), plugin);
  return site;
}

function cost(args: readonly string[], cwd: string): Cost {
  const { PATH, HOME } = process.env;
  const startedAt = performance.now();
  const { status, stderr, output } = spawnSync(process.execPath, [...metered, ...args], {
    cwd,
    env: { PATH, HOME },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const wall = (performance.now() - startedAt) / 1_000;
  if (status !== 0) throw new Error(`${args.join(' ')}: ${status}\n${stderr}`);
  return { wall, cpu: Number(output[3]) / 1e6 };
}

const versions = [
  ...(before === undefined ? [] : [{ name: 'before', folder: before }]),
  { name: 'now', folder: root },
].map((version) => ({ ...version, site: siteOf(version.folder) }));
const rows: { readonly command: string; readonly version: string; costs: Cost[]; run(): Cost }[] = [
  { command: 'node -e 0', version: '', costs: [], run: () => cost(['-e', '0'], root) },
  ...Object.keys(limits).flatMap((command) =>
    versions.map(({ name, folder, site }) => ({
      command: `skep ${command}`,
      version: name,
      costs: [],
      run: () => cost([join(folder, 'dist/cli/skep.js'), ...command.split(' ')], site),
    })),
  ),
];
try {
  // The first round makes the databases and warms the disk's cache.
  for (let round = 0; round <= rounds; round += 1) {
    for (const row of rows) {
      const one = row.run();
      if (round > 0) row.costs.push(one);
    }
  }
} finally {
  for (const { site } of versions) rmSync(site, { recursive: true, force: true });
}

const medians = rows.map(({ command, version, costs }) => ({
  command,
  version,
  wall: median(costs.map(({ wall }) => wall)),
  cpu: median(costs.map(({ cpu }) => cpu)),
}));
const [nothing] = medians;
const seconds = (value: number): string => `${value.toFixed(3)} s`;
const table = new Table({
  head: ['command', 'version', 'a person waits', 'to node -e 0', 'processor', 'to reach'],
});
for (const { command, version, wall, cpu } of medians) {
  const limit = limits[command.replace('skep ', '')];
  const ratio = (wall / (nothing?.wall ?? Number.NaN)).toFixed(1);
  const reach = version === 'now' && limit !== undefined ? `under ${limit} s` : '';
  table.push([command, version, seconds(wall), ratio, seconds(cpu), reach]);
}
console.log(table.toString());
console.log(JSON.stringify({ bench: 'startup', rounds, medians }));
const missed = medians.filter(
  ({ command, version, wall }) =>
    version === 'now' && wall >= (limits[command.replace('skep ', '')] ?? Number.POSITIVE_INFINITY),
);
if (missed.length > 0) process.exitCode = 1;
