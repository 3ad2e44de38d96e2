// The control plane as a user types it, the same on every broker: workers, queues, cancelling, flow control.
import { describeWithRedis, freshRedis } from '../support/redis.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { endedView, type Finished, SkepProcess, site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const tasks = `
import { definePlugin, Task } from 'skep';

class Quick { run() { return 'done'; } }
Task({ code: 'quick' })(Quick);

class Only { run() { return 'done'; } }
Task({ code: 'only', unique: true, queue: 'mail', concurrency: 2, rateLimit: '100/1m', priority: 'high', expires: '1h' })(Only);

class Patient {
  async run(_, { signal, logger }) {
    logger.info('waiting for the end');
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }
}
Task({ code: 'patient' })(Patient);

export default definePlugin({ name: 'tasks', version: '1.0.0', tasks: [Quick, Only, Patient] });
`;

const json = ({ stdout }: Finished) => JSON.parse(stdout);

interface Shown {
  readonly state: string;
  readonly error?: { readonly code: string };
}

interface Site {
  readonly folder: TempFolder;
  run(...args: string[]): Promise<Finished>;
  dispatch(...args: string[]): Promise<string>;
  show(id: string): Promise<Shown>;
  /** As it is when it has ended: the log says so a moment before the queue knows. */
  ended(id: string): Promise<Shown>;
  start(...args: string[]): SkepProcess;
}

/** An installation of these tasks; its folder is removed after the last test. */
function sites(setting: () => { environment: Record<string, string>; config: object }) {
  const folders: TempFolder[] = [];
  afterAll(() => {
    for (const folder of folders) folder[Symbol.dispose]();
  });
  return (more: object = {}): Site => {
    const { environment, config } = setting();
    const folder = site({ plugins: ['./tasks.mjs'], ...config, ...more }, { 'tasks.mjs': tasks });
    folders.push(folder);
    const run = (...args: string[]) => skep(folder, args, environment);
    const show: Site['show'] = async (id) => json(await run('executions', 'show', id, '--json'));
    return {
      folder,
      run,
      dispatch: async (...args) => (await run('dispatch', ...args)).stdout.trim(),
      show,
      ended: (id) => endedView(() => show(id)),
      start: (...args) => new SkepProcess(folder.path, ['start', ...args], environment),
    };
  };
}

function controlPlane(newSite: (more?: object) => Site): void {
  test('workers: none, then one with what it does, draining, and none again', async () => {
    const { run, dispatch, start } = newSite({ worker: { slots: 3 } });
    expect(await run('workers')).toMatchObject({ code: 0, stdout: 'No worker.\n' });
    expect(json(await run('workers', '--json'))).toEqual([]);
    await using runtime = start();
    await runtime.saw('"ready"');
    const id = await dispatch('patient');
    await runtime.saw('waiting for the end');
    let [worker] = json(await run('workers', '--json'));
    await until(async () => {
      [worker] = json(await run('workers', '--json'));
      return worker.running.length > 0;
    });
    expect(worker).toMatchObject({
      id: expect.stringContaining(`:${runtime.child.pid}`),
      pid: runtime.child.pid,
      state: 'running',
      queues: expect.arrayContaining([{ name: 'default', concurrency: 10 }]),
      slots: 3,
      running: [{ executionId: id, task: 'patient', attempt: 1, startedAt: expect.any(String) }],
      finished: 0,
      eventLoopLagMs: expect.any(Number),
      memoryBytes: expect.any(Number),
    });
    const { stdout } = await run('workers');
    expect(stdout).toMatch(/running +default 10, mail 10 +1\/3 +0 .* MiB .*patient#1/);
    runtime.child.kill('SIGTERM');
    await runtime.saw('stopping, waiting for runs');
    // It takes nothing more, and says so although its run goes on.
    await until(async () => json(await run('workers', '--json'))[0]?.state === 'draining');
    expect((await run('executions', 'cancel', id, '--wait')).code).toBe(0);
    expect(await runtime.finished).toMatchObject({ code: 143 });
    expect(json(await run('workers', '--json'))).toEqual([]);
  }, 180_000);

  test('queues: all that there are, with their lanes; none takes from a paused one until it is resumed', async () => {
    const { run, dispatch, show, ended, start } = newSite();
    const none = { waiting: 0, delayed: 0, active: 0, paused: false };
    expect(json(await run('queues', '--json'))).toEqual([
      { name: 'default', ...none },
      { name: 'mail', ...none },
    ]);
    expect(await run('queues', 'pause', 'default')).toMatchObject({
      code: 0,
      stdout: 'default is paused\n',
    });
    await using runtime = start();
    await runtime.saw('"ready"');
    const urgent = await dispatch('quick', '--priority', 'high');
    await dispatch('quick', '--delay', '1h');
    const only = await dispatch('only');
    await runtime.saw(/run ended: success/);
    expect(await ended(only)).toMatchObject({ state: 'success' });
    expect(await show(urgent)).toMatchObject({ state: 'queued' });
    expect((await run('queues')).stdout).toMatch(
      /NAME +WAITING +DELAYED +ACTIVE +PAUSED\ndefault +0 +1 +0 +yes\ndefault:high +1 +0 +0 +yes\nmail +0 +0 +0 +no\n/,
    );
    expect(json(await run('queues', 'resume', 'default', '--json'))).toEqual({
      name: 'default',
      paused: false,
    });
    await runtime.saw(/run ended: success/, 2);
    expect(await ended(urgent)).toMatchObject({ state: 'success' });
  }, 180_000);

  test('cancel: what waits never runs, what runs is ended, what has ended stays as it was', async () => {
    const { run, dispatch, show, ended, start } = newSite();
    const waiting = await dispatch('quick', '--delay', '1h');
    expect(await run('executions', 'cancel', waiting)).toMatchObject({
      code: 0,
      stdout: `${waiting} is cancelled\n`,
    });
    expect(await show(waiting)).toMatchObject({ state: 'cancelled' });
    const again = await run('executions', 'cancel', waiting);
    expect(again).toMatchObject({
      code: 1,
      stdout: `${waiting} has ended before: cancelled\n`,
    });
    await using runtime = start();
    const running = await dispatch('patient');
    await runtime.saw('waiting for the end');
    const told = await run('executions', 'cancel', running);
    expect(told.code).toBe(0);
    expect(told.stdout).toContain(`${running} is running; its worker`);
    await runtime.saw('run ended: cancelled');
    expect(await ended(running)).toMatchObject({ state: 'cancelled' });
    const other = await dispatch('patient');
    await runtime.saw('waiting for the end', 2);
    const waited = await run('executions', 'cancel', other, '--wait', '--json');
    expect(waited.code).toBe(0);
    expect(json(waited)).toMatchObject({
      id: other,
      cancellation: 'requested',
      state: 'cancelled',
      error: { code: 'SKEP_CANCELLED' },
    });
    expect(await run('executions', 'cancel', 'nope')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('SKEP_EXECUTION_UNKNOWN'),
    });
  }, 180_000);

  test('dispatch: a duplicate of a unique task names the execution that stands for it; --expires is kept', async () => {
    const { run, dispatch, show, start } = newSite();
    const first = json(await run('dispatch', 'only', '--json'));
    expect(first).toMatchObject({ task: 'only', duplicate: false });
    const second = await run('dispatch', 'only');
    expect(second).toMatchObject({
      code: 0,
      stdout: `${first.id}\n`,
      stderr:
        `only is unique: ${first.id} stands for this dispatch\n` +
        'no worker consumes the queue "mail": start one with `skep start`\n',
    });
    expect(json(await run('dispatch', 'only', '--json'))).toMatchObject({
      id: first.id,
      duplicate: true,
    });
    const late = await dispatch('quick', '--expires', '1ms');
    expect(await start('--once').finished).toMatchObject({ code: 0 });
    expect(await show(late)).toMatchObject({ state: 'skipped', error: { code: 'SKEP_EXPIRED' } });
    expect(await show(first.id)).toMatchObject({ state: 'success' });
  }, 180_000);

  test('start --queues consumes these and no others', async () => {
    const { run, dispatch, show, ended, start } = newSite();
    const other = await dispatch('quick');
    await using runtime = start('--queues', 'mail');
    await runtime.saw('"ready"');
    const only = await dispatch('only');
    await runtime.saw('run ended: success');
    expect(await ended(only)).toMatchObject({ state: 'success' });
    expect(await show(other)).toMatchObject({ state: 'queued' });
    const [{ queues }] = json(await run('workers', '--json'));
    expect(queues).toEqual([{ name: 'mail', concurrency: 10 }]);
  }, 180_000);

  test('doctor says what the queue is, what it holds, and who works', async () => {
    const { run, dispatch, start } = newSite();
    await dispatch('quick', '--delay', '1h');
    await using runtime = start();
    await runtime.saw('"ready"');
    const shown = await run('doctor');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(
      /✓ queue +\S+: .*; 0 waiting, 1 delayed, 0 active, 1 worker(, clock .*)?\n/,
    );
    // The embedded queue goes by the clock of this machine.
    const isRedis = shown.stdout.includes('bee-queue:');
    expect(/1 worker, clock [+-]\S+ m?s\n/.test(shown.stdout)).toBe(isRedis);
    const [worker] = json(await run('workers', '--json'));
    expect(typeof worker.clockAheadMs).toBe(isRedis ? 'number' : 'undefined');
    expect(json(await run('doctor', '--json'))).toContainEqual(
      expect.objectContaining({ name: 'queue', ok: true, delayed: 1, workers: 1, paused: [] }),
    );
  });
}

describe('the embedded queue', () => {
  const newSite = sites(() => ({ environment: {}, config: {} }));
  controlPlane(newSite);

  test('several processes are refused, with the way out', async () => {
    const { code, stderr, stdout } = await newSite().run('start', '--processes', '2');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('SKEP_USAGE the embedded queue serves one process');
    expect(stderr).toContain('Set REDIS_URL, or leave --processes out.');
  });
});

describeWithRedis('bee-queue', () => {
  const redis = freshRedis('control');
  controlPlane(
    sites(() => ({
      environment: { REDIS_URL: redis.url },
      // Nothing dies here: a runtime that stands still for a while is not to give up what it runs.
      config: { redis: { prefix: redis.prefix, stallInterval: '60s' } },
    })),
  );
});

describeWithRedis('a queue on Redis beside a Maria that is a file of this machine', () => {
  const redis = freshRedis('two-machines');
  const config = { redis: { prefix: redis.prefix } };
  const warning = 'the queue is on Redis, and Maria is a SQLite file of this machine';

  describe.each([
    ['not set', {}, true],
    ['set to nothing', { MARIA_URL: '' }, false],
  ])('MARIA_URL is %s', (_, variables, isWarned) => {
    const newSite = sites(() => ({ environment: { REDIS_URL: redis.url, ...variables }, config }));

    test(`start and doctor ${isWarned ? 'warn, with the remedy' : 'do not warn'}`, async () => {
      const { run } = newSite();
      const [started, shown] = [await run('start', '--once'), await run('doctor')];
      expect([started.code, shown.code]).toEqual([0, 0]);
      expect(started.stderr.split(warning)).toHaveLength(isWarned ? 2 : 1);
      expect(shown.stdout.split(warning)).toHaveLength(isWarned ? 2 : 1);
      const maria = json(await run('doctor', '--json')).find(
        ({ name }: { name: string }) => name === 'maria',
      );
      const remedy = expect.stringContaining('Set MARIA_URL to a server');
      const message = expect.stringContaining(warning);
      expect(maria.warnings).toEqual(isWarned ? [{ message, remedy }] : undefined);
    });
  });
});

describeWithRedis('a Redis that could lose what it holds', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.create({ options: ['--appendonly', 'no'] });
  });
  afterAll(() => server.remove());
  const newSite = sites(() => ({ environment: { REDIS_URL: server.url }, config: {} }));

  test('doctor warns, with the remedy, and ends with 0 all the same', async () => {
    const { run } = newSite();
    const shown = await run('doctor');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(
      /✓ queue .*\n! +Redis keeps no append-only file.*\n +remedy Set `appendonly yes`/,
    );
    expect(json(await run('doctor', '--json'))).toContainEqual(
      expect.objectContaining({
        name: 'queue',
        ok: true,
        warnings: [{ message: expect.stringContaining('append-only'), remedy: expect.any(String) }],
      }),
    );
  });
});

describeWithRedis('a Redis that refuses the password', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.create({ password: 'right' });
  });
  afterAll(() => server.remove());
  const newSite = sites(() => ({
    environment: { REDIS_URL: server.url.replace('right', 's3cret') },
    config: {},
  }));

  test.each([[['doctor']], [['start']], [['dispatch', 'quick']]])(
    'skep %j ends with 3 and the remedy, without the password',
    async (args) => {
      const { code, stdout, stderr } = await newSite().run(...args);
      expect(code).toBe(3);
      expect(stdout + stderr).toContain('SKEP_QUEUE_REFUSED');
      expect(stdout + stderr).toContain('remedy');
      expect(stdout + stderr).not.toContain('s3cret');
    },
  );
});

describe('a Redis that is not there', () => {
  const environment = { REDIS_URL: 'redis://:s3cret@127.0.0.1:9/' };
  const newSite = sites(() => ({ environment, config: {} }));

  // Each waits 5 s for a server that may just be starting, all at the same time: each in a process of its own.
  test.concurrent.each([
    [['doctor']],
    [['start']],
    [['workers']],
    [['queues']],
    [['dispatch', 'quick']],
  ])('skep %j ends with 3 and the remedy, without the password', async (args) => {
    await using command = new SkepProcess(newSite().folder.path, args, environment);
    const { code, stdout, stderr } = await command.finished;
    expect(code).toBe(3);
    expect(stdout + stderr).toContain('SKEP_QUEUE_UNREACHABLE');
    expect(stdout + stderr).toMatch(/remedy.* Check that Redis runs/);
    expect(stdout + stderr).not.toContain('s3cret');
  });
});

describe('what is typed wrongly exits 2 and says the remedy', () => {
  const newSite = sites(() => ({ environment: {}, config: { queues: { mail: {}, hr: {} } } }));

  test.each([
    [['queues', 'pause', 'defalt'], 'Did you mean "default"?'],
    [['queues', 'resume', 'main'], 'Did you mean "mail"?'],
    [['queues', 'pause', 'default:high'], 'they are paused together'],
    [['queues', 'pasue', 'default'], 'Did you mean "pause"?'],
    [['start', '--queues', 'mial'], 'Did you mean "mail"?'],
    [['start', '--queues', 'mail,,hr'], 'such as default,mail'],
    [['start', '--processes', '0'], 'from 1 to 256'],
    [['start', '--processes', '257'], 'from 1 to 256'],
    [['start', '--processes', '2', '--once'], 'Leave one of the two out'],
    [['start', '--queues', 'mail', '--once'], 'Leave one of the two out'],
    [['dispatch', 'quick', '--priority', 'urgent'], 'Allowed choices are high, normal, low'],
    [['dispatch', 'quick', '--expires', 'soon'], 'is not a duration such as 5m'],
  ])('skep %j', async (args, words) => {
    const { code, stdout, stderr } = await newSite().run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
    expect(stderr).toContain('remedy');
  });
});
