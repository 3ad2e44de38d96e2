// The plugin: makes the site once when both sources are unset, and survives being killed at any moment.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { container } from 'tsyringe';
import type { PluginStartContext } from '../../../src/core/host/plugin.js';
import { createOnce } from '../../../src/plugins/sample-site/create-once.js';
import sampleSite from '../../../src/plugins/sample-site/index.js';
import { type PluginOptions, pluginOptions } from '../../../src/plugins/sample-site/options.js';
import { type LogLine, rememberingLogger } from '../../support/harness.js';
import { newFolder, query, removeFolders } from './site-files.js';

afterAll(removeFolders);

const small = { employees: 40, days: 8, until: '2025-11-05' };

async function start(
  dataDir: string,
  options: unknown = small,
  environment: PluginStartContext['environment'] = {},
): Promise<LogLine[]> {
  const { logger, lines } = rememberingLogger();
  await sampleSite.start?.({
    options: pluginOptions.parse(options) satisfies PluginOptions,
    container,
    logger,
    dataDir,
    environment,
    isThread: false,
    signal: new AbortController().signal,
  });
  return lines;
}

const lastHired = (dataDir: string): unknown =>
  query(`sqlite:${join(dataDir, 'hris.db')}`, 'SELECT max(HireDate) last FROM HR_Employee')[0];

it('creates both files once, and says so in one line', async () => {
  const dataDir = newFolder();
  const lines = await start(dataDir);
  expect(lines).toEqual([
    {
      level: 'info',
      message: expect.stringMatching(
        /^sample site created: 40 employees, \d+ events from 2025-10-29 to 2025-11-05$/,
      ),
      fields: { durationMs: expect.any(Number) },
    },
  ]);
  expect(readdirSync(dataDir).sort()).toEqual(['biostar.db', 'hris.db']);

  const before = readFileSync(join(dataDir, 'hris.db'));
  expect(await start(dataDir, { ...small, seed: 2 })).toEqual([]);
  expect(readFileSync(join(dataDir, 'hris.db')).equals(before)).toBe(true);
});

it('ends the day before it is created, in the zone of the site', async () => {
  const options = pluginOptions.parse({ employees: 40, days: 8, zone: 'Pacific/Kiritimati' });
  const now = Date.parse('2025-11-05T10:30Z'); // the 6th has begun there
  expect(await createOnce({ options, dataDir: newFolder(), now })).toMatchObject({
    from: '2025-10-29',
    until: '2025-11-05',
  });
});

it.each(['HRIS_URL', 'BIOSTAR_URL'])('does nothing when %s is set', async (name) => {
  const dataDir = newFolder();
  expect(await start(dataDir, small, { [name]: 'sqlite:./mine.db' })).toEqual([]);
  expect(readdirSync(dataDir)).toEqual([]);
});

it('leaves no half site when it is killed while it writes, and makes a whole one afterwards', async () => {
  const dataDir = newFolder();
  const module = new URL('../../../src/plugins/sample-site/create-once.ts', import.meta.url);
  const options = { ...pluginOptions.parse({ ...small, employees: 3_000, days: 90 }) };
  const partial = join(dataDir, 'biostar.db.partial');
  // It stands still half-way, so that it has never finished when the signal comes.
  const script = `import { existsSync } from 'node:fs';
    import { createOnce } from ${JSON.stringify(module.href)};
    let turns = 0;
    const look = () => {
      if (existsSync(${JSON.stringify(partial)})) turns += 1;
      if (turns > 45) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120_000);
      setImmediate(look);
    };
    look();
    await createOnce(${JSON.stringify({ options, dataDir, now: 0 })});`;
  // Before the child, so that it does nothing unseen.
  const watcher = watch(dataDir);
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: 'inherit',
  });
  const ended = once(child, 'exit');
  watcher.on('change', (_, name) => {
    if (name === 'biostar.db.partial') child.kill('SIGKILL');
  });
  const exit = await ended;
  watcher.close();
  expect(exit).toEqual([null, 'SIGKILL']);
  expect(existsSync(partial)).toBe(true);
  expect(existsSync(join(dataDir, 'biostar.db'))).toBe(false);
  expect(existsSync(join(dataDir, 'hris.db'))).toBe(false);

  expect(await start(dataDir)).toHaveLength(1);
  expect(readdirSync(dataDir).sort()).toEqual(['biostar.db', 'hris.db']);
});

it('finishes a site that got only one of its names', async () => {
  const dataDir = newFolder();
  const hris = join(dataDir, 'hris.db');
  const starting = start(dataDir);
  await setImmediate(); // the files are open now, and HRIS cannot get its name any more
  mkdirSync(join(hris, 'in the way'), { recursive: true });
  await expect(starting).rejects.toThrow('hris.db');
  expect(existsSync(join(dataDir, 'biostar.db'))).toBe(true);

  rmSync(hris, { recursive: true });
  expect(await start(dataDir)).toEqual([]);
  expect(readdirSync(dataDir).sort()).toEqual(['biostar.db', 'hris.db']);
  expect(lastHired(dataDir)).toEqual({ last: '2025-11-06' });
});

it('does not guess where only BioStar is left', async () => {
  const dataDir = newFolder();
  await start(dataDir);
  rmSync(join(dataDir, 'hris.db'));
  await expect(start(dataDir)).rejects.toMatchObject({ code: 'SKEP_DATABASE_FILE' });
  expect(readdirSync(dataDir)).toEqual(['biostar.db']);
});
