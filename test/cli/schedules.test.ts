// `skep schedules` as a user types it, on the embedded default.
import { join } from 'node:path';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';
import { type Finished, SkepProcess, site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const tasks = `
import { definePlugin, Schedule, Task } from 'skep';

class Nightly { run() { return 'done'; } }
Schedule({ name: 'nightly_copy', cron: '0 2 * * *', zone: 'Asia/Dubai', payload: { full: true } })(Nightly);
Task({ code: 'nightly' })(Nightly);

class Often { run() { return 'done'; } }
Schedule({ every: '5m', enabled: false })(Often);
Task({ code: 'often' })(Often);

export default definePlugin({ name: 'tasks', version: '1.0.0', tasks: [Nightly, Often] });
`;
const plugins = ['skep/plugins/tracking', 'skep/plugins/scheduler', './tasks.mjs'];

const folders: TempFolder[] = [];
afterAll(() => {
  for (const folder of folders) folder[Symbol.dispose]();
});

function newSite(config: object = {}): (...args: string[]) => Promise<Finished> {
  const folder = site({ plugins, ...config }, { 'tasks.mjs': tasks });
  folders.push(folder);
  return (...args) => skep(folder, ['schedules', ...args]);
}

const json = ({ stdout }: Finished) => JSON.parse(stdout);

test('list says in words what is declared, also before any runtime was started', async () => {
  const run = newSite();
  const { code, stdout } = await run();
  expect(code).toBe(0);
  expect(stdout).toMatch(/NAME\s+TASK\s+WHEN\s+LAST\s+NEXT\s+STATE/);
  expect(stdout).toMatch(
    /nightly_copy\s+nightly\s+At 02:00, Asia\/Dubai\s+-\s+\d{4}-\d\d-\d\d 02:00:00 \+04:00\s+new/,
  );
  expect(stdout).toMatch(/often\s+often\s+Every 5 min\s+-\s+-\s+new/);
  expect(json(await run('list', '--json'))).toMatchObject([
    {
      name: 'nightly_copy',
      task: 'nightly',
      state: 'new',
      payload: { full: true },
      lastState: null,
    },
    { name: 'often', enabled: false, nextFireAt: null },
  ]);
});

test('a damaged row is shown as broken with its problem, and the others as they are', async () => {
  const folder = site({ plugins }, { 'tasks.mjs': tasks });
  folders.push(folder);
  const run = (...args: string[]) => skep(folder, ['schedules', ...args]);
  // Brings both into the database.
  expect(await run('pause', 'often')).toMatchObject({ code: 0 });
  const database = new DatabaseSync(join(folder.path, '.skep/maria.db'));
  database.prepare("UPDATE schedule SET zone = 'Mars/Olympus' WHERE name = 'nightly_copy'").run();
  database.close();
  const problem = 'this machine knows no time zone "Mars/Olympus"';
  expect((await run('list')).stdout).toMatch(/nightly_copy .* - +- +broken: this machine knows no/);
  expect(json(await run('list', '--json'))).toMatchObject([
    { name: 'nightly_copy', state: 'broken', problem },
    { name: 'often', problem: null },
  ]);
  const next = await run('next', 'nightly_copy');
  expect(next).toMatchObject({ code: 2, stderr: expect.stringContaining(problem) });
}, 120_000);

test('list says how the last one ended', async () => {
  const folder = site(
    { plugins, tasks: { often: { schedule: { every: '1s', enabled: true } } } },
    { 'tasks.mjs': tasks },
  );
  folders.push(folder);
  const list = async (...flags: string[]) => skep(folder, ['schedules', 'list', ...flags]);
  await using runtime = new SkepProcess(folder.path, ['start']);
  await runtime.saw('"ready"');
  await until(async () => {
    const listed: { task: string; lastState: string }[] = json(await list('--json'));
    return listed.some(({ task, lastState }) => task === 'often' && lastState === 'success');
  });
  await runtime.kill('SIGTERM');
  expect((await list()).stdout).toMatch(/often\s+Every 1 s\s+success\s/);
}, 180_000);

test('next tells the times of a pattern without any database or configuration', async () => {
  const folder = site({ plugins: ['./nothing.mjs'] });
  folders.push(folder);
  const asked = ['schedules', 'next', '--cron', '0 2 * * *', '--tz', 'Europe/Berlin'];
  const finished = await skep(folder, [...asked, '--from', '2026-03-27T12:00:00Z', '--count', '3']);
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  expect(finished.stdout.split('\n')).toEqual([
    'At 02:00, Europe/Berlin',
    '2026-03-28 02:00:00 +01:00   2026-03-28T01:00:00.000Z',
    '2026-03-29 03:00:00 +02:00   2026-03-29T01:00:00.000Z',
    '2026-03-30 02:00:00 +02:00   2026-03-30T00:00:00.000Z',
    '',
  ]);
  const dubai = ['schedules', 'next', '--cron', '0 2 * * *', '--tz', 'Asia/Dubai', '--json'];
  expect(json(await skep(folder, [...dubai, '--from', '2026-01-01', '--count', '1']))).toEqual({
    expression: '0 2 * * *',
    zone: 'Asia/Dubai',
    when: 'At 02:00, Asia/Dubai',
    times: [{ at: '2025-12-31T22:00:00.000Z', local: '2026-01-01 02:00:00 +04:00' }],
  });
});

test('next NAME, pause, resume and run', async () => {
  const run = newSite();
  expect((await run('next', 'nightly_copy', '--count', '2')).stdout).toMatch(
    /^At 02:00, Asia\/Dubai\n.* 02:00:00 \+04:00 .*T22:00:00\.000Z\n.*T22:00:00\.000Z\n$/,
  );
  expect(await run('pause', 'nightly_copy')).toMatchObject({
    code: 0,
    stdout: 'nightly_copy is paused\n',
  });
  expect((await run('next', 'nightly_copy')).stdout).toContain(
    'It is paused: none of them will fire.',
  );
  expect(json(await run('list', '--json'))).toMatchObject([
    { state: 'paused', nextFireAt: null },
    {},
  ]);
  expect((await run('resume', 'nightly_copy')).stdout).toMatch(
    /^nightly_copy is resumed, next .* 02:00:00 \+04:00\n$/,
  );
  const dispatched = json(await run('run', 'nightly_copy', '--json'));
  expect(dispatched).toMatchObject({
    task: 'nightly',
    schedule: 'nightly_copy',
    id: expect.any(String),
  });
}, 180_000);

test('what is wrong is said with the nearest right word, and exits with 2', async () => {
  const run = newSite();
  const wrong = async (...args: string[]): Promise<string> => {
    const { code, stderr, stdout } = await run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr;
  };
  expect(await wrong('pause', 'nightly_cpy')).toContain(
    'there is no schedule "nightly_cpy". Did you mean "nightly_copy"?',
  );
  expect(await wrong('next', '--cron', '0 25 * * *')).toContain('"0 25 * * *" is no pattern');
  expect(await wrong('next', '--cron', '0 2 * * *', '--tz', 'Asia/Duby')).toContain(
    'Did you mean "Asia/Dubai"?',
  );
  expect(await wrong('next', '--cron', '0 2 * * *', '--from', 'soon')).toContain(
    '"soon" is not a time',
  );
  expect(await wrong('next')).toContain('name a schedule, or give a pattern with --cron');
  expect(await wrong('next', 'nightly_copy', '--cron', '0 2 * * *')).toContain(
    'a name and --cron were both given',
  );
  expect(await wrong('next', 'nightly_copy', '--count', '0')).toContain(
    'expected a whole number from 1',
  );
  expect(await wrong('pase')).toContain('Did you mean "pause"?');
}, 180_000);

test('a mistake in a declaration is reported at boot, by every command, with its place', async () => {
  const schedule = { cron: '0 2 * *', zone: 'Mars/Base' };
  const run = newSite({ tasks: { often: { schedule } } });
  const { code, stderr } = await run('list');
  expect(code).toBe(2);
  expect(stderr).toContain('"0 2 * *" is no pattern: expected five fields');
  expect(stderr).toContain('there is no time zone "Mars/Base"');
  expect(stderr).toContain('tasks.often.schedule');
});

test('without the plugin there is nothing to list, and a schedule in plugins.json is a mistake', async () => {
  const bare = newSite({ plugins: ['./tasks.mjs'] });
  expect(await bare('list')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('SKEP_NOT_SCHEDULING'),
  });
  const configured = newSite({
    plugins: ['./tasks.mjs'],
    tasks: { often: { schedule: { every: '1h' } } },
  });
  expect((await configured('list')).stderr).toContain(
    'the task "often" has a schedule, and no plugin',
  );
});

test('a runtime says which tasks wait for nothing without the plugin, and which queues have no task', async () => {
  const queues = { default: {}, defalt: { concurrency: 3 } };
  const folder = site({ plugins: ['./tasks.mjs'], queues }, { 'tasks.mjs': tasks });
  folders.push(folder);
  await using runtime = new SkepProcess(folder.path, ['start']);
  // `often` is switched off.
  await runtime.saw(/tasks have schedules that nothing runs: enable .*"tasks":\["nightly"\]/);
  await runtime.saw(/no task is in some queues of plugins\.json.*defalt\. Did you mean .*default/);
});
