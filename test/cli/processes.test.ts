// `skep start --processes N` as a user runs it: processes that die, wear out, are told to stop, lose their supervisor.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithRedis, freshRedis } from '../support/redis.js';
import { SkepProcess, site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const hoardMiB = 400;

const tasks = `
import { appendFileSync, existsSync } from 'node:fs';
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

const hoard = [];
class Hoarder {
  async run(_, { signal, logger }) {
    hoard.push(Buffer.alloc(${hoardMiB} * 1024 ** 2, 1));
    logger.info('has grown');
    while (!existsSync('enough')) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    appendFileSync('effects.log', process.pid + '\\n');
  }
}
Task({ code: 'hoarder' })(Hoarder);

export default definePlugin({ name: 'tasks', version: '1.0.0', tasks: [Quick, Patient, Hoarder] });
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
  const supervisors: SkepProcess[] = [];
  const pids = new Set<number>();

  afterAll(() => {
    // What a failing test has left; the supervisor of a process may be gone.
    for (const supervisor of supervisors) supervisor.child.kill('SIGKILL');
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    for (const folder of folders) folder[Symbol.dispose]();
  });

  function newSite(more: object = {}) {
    // What a killed process held is looked at by no test here; and one that stands still for a while is not to give up
    // what it runs.
    const queue = { prefix: redis.prefix, stallInterval: '60s' };
    const config = { plugins: ['./tasks.mjs'], redis: queue, ...more };
    const folder = site(config, { 'tasks.mjs': tasks });
    folders.push(folder);
    const environment = { REDIS_URL: redis.url };
    const run = (...args: string[]) => skep(folder, args, environment);
    return {
      folder,
      run,
      start: (count: number, options?: { ownGroup: boolean }): SkepProcess => {
        const args = ['start', '--processes', String(count)];
        const supervisor = new SkepProcess(folder.path, args, environment, options);
        supervisors.push(supervisor);
        return supervisor;
      },
      show: async (id: string) =>
        JSON.parse((await run('executions', 'show', id, '--json')).stdout),
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
    // 0 would be all that run these tests.
    if (first === undefined) throw new Error('there is no worker');
    process.kill(first, 'SIGKILL');
    await supervisor.saw('"a process died"');
    await supervisor.saw('"ready"', 3);
    await until(async () => (await workers()).filter(isAlive).length === 2);
    const [...now] = (await workers()).filter(isAlive);
    expect(now).toContain(second);
    expect(await supervisor.kill('SIGTERM')).toMatchObject({ code: 143 });
    expect(now.filter(isAlive)).toEqual([]);
    expect(effects()).toHaveLength(1);
  }, 180_000);

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
  }, 180_000);

  test('a process that has grown too large has a successor, and brings its run to the end', async () => {
    const { folder, start, run, show, workers, effects } = newSite({
      worker: { maxMemory: `${hoardMiB}MiB` },
      // It drains until it is told that it is enough, and that takes many commands.
      shutdown: { grace: '10m' },
    });
    await using supervisor = start(2);
    await supervisor.saw('"ready"', 2);
    const id = (await run('dispatch', 'hoarder')).stdout.trim();
    await supervisor.saw(/worn out, making room for another process.*"after":"\d+ MiB of memory"/);
    await supervisor.saw('"ready"', 3);
    // The successor and the other one work while it drains.
    const quick = [1, 2, 3].map(() => run('dispatch', 'quick', '--wait'));
    expect((await Promise.all(quick)).map(({ code }) => code)).toEqual([0, 0, 0]);
    folder.write('enough', '');
    await supervisor.saw('a worn-out process has ended');
    expect(await show(id)).toMatchObject({ state: 'success', attempt: 1, crashes: 0 });
    const [worn, ...others] = effects().reverse();
    expect(others).toHaveLength(3);
    expect(others).not.toContain(worn);
    const now = await workers();
    expect(now).toHaveLength(2);
    expect(now.map(String)).not.toContain(worn);
    const { code, stderr } = await supervisor.kill('SIGTERM');
    expect(code).toBe(143);
    expect(stderr).not.toContain('"a process died"');
    expect(stderr.match(/has grown/g)).toHaveLength(1);
  }, 180_000);

  test.each([
    ['from a terminal', 1],
    ['and once more by npm', 2],
  ])(
    'Ctrl-C %s: one orderly stop, everything handed back once, nobody left',
    async (_, times) => {
      const { start, run, show, workers } = newSite({ shutdown: { grace: '100ms' } });
      const dispatched = await Promise.all([1, 2, 3].map(() => run('dispatch', 'patient')));
      const ids = dispatched.map(({ stdout }) => stdout.trim());
      await using supervisor = start(2, { ownGroup: true });
      await supervisor.saw('"ready"', 2);
      await supervisor.saw('waiting for the end', ids.length);
      const alive = await workers();
      expect(alive).toHaveLength(2);
      const group = -(supervisor.child.pid ?? 0);
      for (let time = 0; time < times; time++) process.kill(group, 'SIGINT');
      const { code, stderr } = await supervisor.finished;
      expect(code).toBe(130);
      const drains = stderr.split('\n').filter((line) => line.includes('"message":"stopped"'));
      const drained = drains.map((line): { aborted: number; unsettled: number } =>
        JSON.parse(line),
      );
      expect(drained).toHaveLength(2);
      expect(drained.reduce((sum, { aborted }) => sum + aborted, 0)).toBe(ids.length);
      expect(drained.map(({ unsettled }) => unsettled)).toEqual([0, 0]);
      expect([group, ...alive].filter(isAlive)).toEqual([]);
      const shown = await Promise.all(ids.map(show));
      expect(shown).toMatchObject(ids.map(() => ({ state: 'queued', crashes: 0 })));
      const queues = JSON.parse((await run('queues', 'list', '--json')).stdout);
      expect(queues).toContainEqual(
        expect.objectContaining({ name: 'default', waiting: ids.length, active: 0 }),
      );
    },
    180_000,
  );

  test('kill -9 of the supervisor: the processes drain, and what they ran is handed back', async () => {
    const { start, run, show, workers } = newSite({ shutdown: { grace: '100ms' } });
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
    expect(await show(id)).toMatchObject({ state: 'queued', crashes: 0 });
  }, 180_000);

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
  }, 180_000);
});
