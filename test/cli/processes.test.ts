// `skep start --processes N` as a user runs it: processes that die, wear out, are told to stop, lose their supervisor.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithRedis, freshRedis } from '../support/redis.js';
import { SkepProcess, site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const tasks = `
import { appendFileSync } from 'node:fs';
import { definePlugin, Task } from 'skep';

class Quick { run() { appendFileSync('effects.log', process.pid + '\\n'); } }
Task({ code: 'quick' })(Quick);

class Patient {
  async run(_, { signal, logger }) {
    logger.info('waiting for the end');
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }
}
Task({ code: 'patient' })(Patient);

export default definePlugin({ name: 'tasks', version: '1.0.0', tasks: [Quick, Patient] });
`;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describeWithRedis('several processes', () => {
  const redis = freshRedis('processes');
  const folders: TempFolder[] = [];
  const pids = new Set<number>();

  afterAll(() => {
    // Processes that a failing test has left; their supervisor may be gone.
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    for (const folder of folders) folder[Symbol.dispose]();
  });

  function newSite(more: object = {}) {
    const config = { plugins: ['./tasks.mjs'], redis: { prefix: redis.prefix }, ...more };
    const folder = site(config, { 'tasks.mjs': tasks });
    folders.push(folder);
    const environment = { REDIS_URL: redis.url };
    const run = (...args: string[]) => skep(folder, args, environment);
    return {
      run,
      start: (count: number) =>
        new SkepProcess(folder.path, ['start', '--processes', String(count)], environment),
      /** Process ids of the workers that are alive. */
      workers: async (): Promise<number[]> => {
        const found: { pid: number; state: string }[] = JSON.parse(
          (await run('workers', '--json')).stdout,
        );
        for (const { pid } of found) pids.add(pid);
        return found.filter(({ state }) => state === 'running').map(({ pid }) => pid);
      },
      effects: (): string[] =>
        readFileSync(join(folder.path, 'effects.log'), 'utf8').trim().split('\n'),
    };
  }

  test('start, run the startup tasks once, replace one that is killed, and end with the signal', async () => {
    const { start, workers, effects } = newSite({ startup: ['quick'] });
    await using supervisor = start(2);
    await supervisor.saw('"ready"', 2);
    await supervisor.saw(/quick +success/);
    const [first, second] = await workers();
    process.kill(first ?? 0, 'SIGKILL');
    await supervisor.saw('"a process died"');
    await supervisor.saw('"ready"', 3);
    await until(async () => (await workers()).filter(isAlive).length === 2);
    const [...now] = (await workers()).filter(isAlive);
    expect(now).toContain(second);
    expect(await supervisor.kill('SIGTERM')).toMatchObject({ code: 143 });
    expect(now.filter(isAlive)).toEqual([]);
    expect(effects()).toHaveLength(1);
  }, 60_000);

  test('a worn-out process has a successor and ends by itself', async () => {
    const { start, run, workers, effects } = newSite({ worker: { maxRuns: 2 } });
    await using supervisor = start(1);
    await supervisor.saw('"ready"');
    const [worn] = await workers();
    await Promise.all([run('dispatch', 'quick'), run('dispatch', 'quick')]);
    await supervisor.saw('worn out, making room for another process');
    await supervisor.saw('a worn-out process has ended');
    await supervisor.saw('"ready"', 2);
    await run('dispatch', 'quick', '--wait');
    expect(new Set(effects())).toEqual(new Set([String(worn), expect.any(String)]));
    expect(effects()).toHaveLength(3);
    expect(effects()[2]).not.toBe(String(worn));
    expect(await supervisor.kill('SIGINT')).toMatchObject({ code: 130 });
  }, 60_000);

  test('kill -9 of the supervisor: the processes drain, and what they ran is handed back', async () => {
    const { start, run, workers } = newSite({ shutdown: { grace: '100ms' } });
    const id = (await run('dispatch', 'patient')).stdout.trim();
    const supervisor = start(2);
    await supervisor.saw('"ready"', 2);
    await supervisor.saw('waiting for the end');
    const orphans = await workers();
    expect(orphans).toHaveLength(2);
    // Its output stays open until the last of the processes has closed it.
    const { signal, stderr } = await supervisor.kill('SIGKILL');
    expect(signal).toBe('SIGKILL');
    expect(stderr.match(/the supervisor is gone, stopping/g)).toHaveLength(2);
    expect(stderr).toContain('"aborted":1,"unsettled":0');
    await until(() => !orphans.some(isAlive));
    const shown = JSON.parse((await run('executions', 'show', id, '--json')).stdout);
    expect(shown).toMatchObject({ state: 'queued', crashes: 0 });
  }, 60_000);

  test('a second signal ends all of them at once', async () => {
    const { start, run, workers } = newSite();
    await run('dispatch', 'patient');
    const supervisor = start(2);
    await supervisor.saw('"ready"', 2);
    await supervisor.saw('waiting for the end');
    const alive = await workers();
    supervisor.child.kill('SIGTERM');
    await supervisor.saw('stopping, waiting for runs');
    // One that follows at once would be the same Ctrl-C, passed on by npm.
    const again = setInterval(() => supervisor.child.kill('SIGTERM'), 50);
    const { code, stderr } = await supervisor.finished;
    clearInterval(again);
    expect(code).toBe(143);
    expect(stderr).not.toContain('grace period over');
    await until(() => !alive.some(isAlive));
  }, 60_000);
});
