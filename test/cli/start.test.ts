// The runtime as a process: startup tasks, signals, crashes, a second process beside it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endedView, SkepProcess, site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';

/** Tasks that do what a test needs; each appends what it does to effects.log, outside the system. */
const tasks = `
import { appendFileSync } from 'node:fs';
import { BioStar, definePlugin, Hris, inject, injectable, Retry, Task } from 'skep';

const note = (text) => appendFileSync('effects.log', text + '\\n');

class Quick {
  run() { note('quick'); return { rows: 1234, seenAt: 'now' }; }
}
Task({ code: 'quick' })(Quick);

class Fails {
  run() { note('fails'); throw new RangeError('no rows'); }
}
Task({ code: 'fails' })(Fails);

class Patient {
  async run(_, { signal, attempt }) {
    note('patient ' + attempt);
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }
}
Task({ code: 'patient' })(Patient);

class Deaf {
  async run(_, { attempt }) {
    note('deaf ' + attempt);
    await new Promise(() => setInterval(() => undefined, 1000));
  }
}
Task({ code: 'deaf' })(Deaf);

class SecondTime {
  async run(_, { attempt, logger }) {
    note('second_time ' + attempt);
    logger.info('noted');
    if (attempt === 1) await new Promise(() => setInterval(() => undefined, 1000));
    return attempt;
  }
}
Task({ code: 'second_time' })(SecondTime);

class Poison {
  run(_, { attempt }) { note('poison ' + attempt); process.exit(7); }
}
Task({ code: 'poison', maxCrashes: 2 })(Poison);

class Flaky {
  run(_, { attempt }) {
    note('flaky ' + attempt);
    if (attempt === 1) throw new Error('not yet');
    return 'recovered';
  }
}
Task({ code: 'flaky' })(Flaky);
Retry({ maxRetries: 1, delay: '100ms', jitter: 'none' })(Flaky);

class Careless {
  run() {
    void Promise.reject(new Error('floating promise'));
    setTimeout(() => { throw new Error('stray exception'); });
    return 'done';
  }
}
Task({ code: 'careless' })(Careless);

class ReadsHris {
  constructor(hris) { this.hris = hris; }
  run() {}
}
Task({ code: 'reads_hris' })(ReadsHris);
inject(Hris)(ReadsHris, undefined, 0);

// Through a service.
class Doors {
  constructor(bioStar) { this.bioStar = bioStar; }
}
inject(BioStar)(Doors, undefined, 0);
injectable()(Doors);
class ReadsBioStar {
  constructor(doors) { this.doors = doors; }
  run() {}
}
Task({ code: 'reads_biostar' })(ReadsBioStar);
inject(Doors)(ReadsBioStar, undefined, 0);

export default definePlugin({
  name: 'tasks', version: '1.0.0',
  tasks: [Quick, Fails, Patient, Deaf, SecondTime, Poison, Flaky, Careless, ReadsHris, ReadsBioStar],
});
`;

const folders: TempFolder[] = [];
afterAll(() => {
  for (const folder of folders) folder[Symbol.dispose]();
});

function runtimeSite(more: object = {}) {
  const folder = site({ plugins: ['./tasks.mjs'], ...more }, { 'tasks.mjs': tasks });
  folders.push(folder);
  const effects = (): string[] =>
    readFileSync(join(folder.path, 'effects.log'), 'utf8').trim().split('\n');
  const dispatch = async (task: string): Promise<string> =>
    (await skep(folder, ['dispatch', task])).stdout.trim();
  const show = async (id: string) =>
    JSON.parse((await skep(folder, ['executions', 'show', id, '--json'])).stdout);
  /** As it is when it has ended: the log says so a moment before the queue knows. */
  const ended = (id: string) => endedView(() => show(id));
  const start = (...args: string[]): SkepProcess =>
    new SkepProcess(folder.path, ['start', ...args]);
  return { folder, effects, dispatch, show, ended, start };
}

describe('startup tasks', () => {
  test('run one after the other and are summed up; --once ends with 0', async () => {
    const { start, effects } = runtimeSite({ startup: ['quick', 'careless'] });
    const { code, stdout, stderr } = await start('--once').finished;
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /"message":"stopped","ended":2,"endedInGrace":\d,"aborted":0,"unsettled":0/,
    );
    expect(stdout).toMatch(
      /TASK +STATE +ATTEMPT +TOOK +RESULT\n *quick +success +1 +\S+ m?s +rows 1,234, seen at now/,
    );
    expect(effects()).toEqual(['quick']);
  });

  test('--json is one document', async () => {
    const { start } = runtimeSite({ startup: ['quick'] });
    const { stdout } = await start('--once', '--json').finished;
    expect(JSON.parse(stdout)).toMatchObject({
      summary: [{ task: 'quick', state: 'success', result: { rows: 1234 } }],
      notDispatched: [],
    });
  });

  test('one that fails stops those after it and the exit code says so', async () => {
    const { start, effects } = runtimeSite({ startup: ['fails', 'quick'] });
    const { code, stdout } = await start('--once').finished;
    expect(code).toBe(1);
    expect(stdout).toMatch(/fails +failed .*RangeError: no rows/);
    expect(stdout).toMatch(/quick +not dispatched/);
    expect(effects()).toEqual(['fails']);
  });
});

describe('a task whose external data source is nowhere', () => {
  test('is named at the start with its source and variable, and not where the variable is set', async () => {
    using folder = site({ plugins: ['./tasks.mjs'] }, { 'tasks.mjs': tasks });
    const warningsWith = async (environment: Record<string, string>) => {
      const { code, stderr } = await skep(folder, ['start', '--once'], environment);
      expect(code).toBe(0);
      return stderr
        .split('\n')
        .filter((line) => line.includes('which is nowhere'))
        .map((line) => JSON.parse(line));
    };
    const ofHris = {
      level: 'warn',
      message:
        'tasks inject the data source hris, which is nowhere: set HRIS_URL, or enable skep/plugins/sample-site',
      source: 'hris',
      tasks: ['reads_hris'],
    };
    const ofBioStar = {
      level: 'warn',
      message: expect.stringContaining('set BIOSTAR_URL'),
      source: 'biostar',
      tasks: ['reads_biostar'],
    };
    expect(await warningsWith({})).toMatchObject([ofHris, ofBioStar]);
    expect(await warningsWith({ BIOSTAR_URL: 'mysql://skep@127.0.0.1:9/log' })).toMatchObject([
      ofHris,
    ]);
    // A sample is a file in the data folder.
    folder.write('.skep/hris.db', '');
    expect(await warningsWith({})).toMatchObject([ofBioStar]);
  });
});

describe('a reader that goes away', () => {
  test('of the log changes nothing', async () => {
    const { start, dispatch, ended } = runtimeSite();
    await using runtime = start();
    // It says where queue and databases are.
    await runtime.saw(/"ready".*"queue":"embedded: \/.*queue\.db","databases":\{"maria":"\//);
    // And which tasks need one that is nowhere.
    await runtime.saw(/data source hris, which is nowhere: set HRIS_URL.*"tasks":\["reads_hris"\]/);
    runtime.child.stderr?.destroy();
    expect(await ended(await dispatch('careless'))).toMatchObject({ state: 'success' });
    expect(await runtime.kill('SIGTERM')).toMatchObject({ code: 143 });
  });
});

describe('signals', () => {
  test('skep run: a signal ends a task that never settles as cancelled', async () => {
    const { folder } = runtimeSite();
    const running = new SkepProcess(folder.path, ['run', 'patient', '--json']);
    await running.saw('run started');
    const { code, stdout } = await running.kill('SIGINT');
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'cancelled',
      error: { code: 'SKEP_RUN_STOPPED' },
    });
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
    ['SIGQUIT', 131],
  ] as const)('%s with nothing to do exits %i', async (signal, exitCode) => {
    const runtime = runtimeSite().start();
    await runtime.saw('"ready"');
    expect(await runtime.kill(signal)).toMatchObject({ code: exitCode });
  });

  test('SIGUSR1 opens no inspector, and changes nothing', async () => {
    const { start, dispatch, ended } = runtimeSite();
    await using runtime = start();
    await runtime.saw('"ready"');
    runtime.child.kill('SIGUSR1');
    // By the time that it has performed something else, Node would have said where the inspector listens.
    expect(await ended(await dispatch('careless'))).toMatchObject({ state: 'success' });
    const { code, stderr } = await runtime.kill('SIGTERM');
    expect(code).toBe(143);
    expect(stderr).not.toMatch(/debugger/i);
  });

  test('a run that ignores the grace period is aborted and handed back, uncounted', async () => {
    const { start, dispatch, show } = runtimeSite({ shutdown: { grace: '100ms' } });
    const id = await dispatch('patient');
    const runtime = start();
    await runtime.saw('run started');
    expect(await runtime.kill('SIGTERM')).toMatchObject({
      code: 143,
      stderr: expect.stringContaining('"aborted":1,"unsettled":0'),
    });
    expect(await show(id)).toMatchObject({ state: 'queued', crashes: 0, attempt: 0 });
  });

  test('a run that does not end when aborted is left behind and handed back', async () => {
    const { start, dispatch, show } = runtimeSite({ shutdown: { grace: '10ms' } });
    const id = await dispatch('deaf');
    const runtime = start();
    await runtime.saw('run started');
    expect(await runtime.kill('SIGTERM')).toMatchObject({ code: 143 });
    expect(await show(id)).toMatchObject({ state: 'queued', crashes: 0 });
  });

  test('a second signal ends at once', async () => {
    const { start, dispatch, show } = runtimeSite();
    const id = await dispatch('deaf');
    const runtime = start();
    await runtime.saw('run started');
    runtime.child.kill('SIGTERM');
    await runtime.saw('stopping');
    // One that follows at once is the same Ctrl-C, passed on by npm.
    runtime.child.kill('SIGTERM');
    const again = setInterval(() => runtime.child.kill('SIGTERM'), 100);
    const { code, stderr } = await runtime.finished;
    clearInterval(again);
    expect(code).toBe(143);
    expect(stderr).not.toContain('grace period over');
    expect(await show(id)).toMatchObject({ state: 'running' });
  });
});

describe('crashes', () => {
  test('kill -9: what was in flight counts one crash and runs again', async () => {
    const { start, dispatch, show, effects } = runtimeSite();
    const id = await dispatch('second_time');
    const first = start();
    await first.saw('noted');
    await first.kill('SIGKILL');
    expect(await start('--once').finished).toMatchObject({ code: 0 });
    expect(await show(id)).toMatchObject({ state: 'success', crashes: 1, attempt: 2, result: 2 });
    expect(effects()).toEqual(['second_time 1', 'second_time 2']);
  }, 180_000);

  test('a task that kills its process is quarantined past maxCrashes, and the others finish', async () => {
    const { start, dispatch, show, effects } = runtimeSite({
      queues: { default: { concurrency: 1 } },
    });
    const poison = await dispatch('poison');
    const healthy = await dispatch('quick');
    const codes: (number | null)[] = [];
    for (let n = 0; n < 4; n++) codes.push((await start('--once').finished).code);
    expect(codes).toEqual([7, 7, 7, 0]);
    expect(await show(poison)).toMatchObject({
      state: 'quarantined',
      error: { code: 'SKEP_CRASHED_TOO_OFTEN' },
    });
    expect(await show(healthy)).toMatchObject({ state: 'success' });
    expect(effects()).toEqual(['poison 1', 'poison 2', 'poison 3', 'quick']);
  }, 180_000);

  test('a retry survives the restart of the process', async () => {
    const { start, dispatch, show } = runtimeSite({ queues: { default: { concurrency: 1 } } });
    const id = await dispatch('flaky');
    await dispatch('second_time');
    const first = start();
    // This one has the only slot since the retry was queued: it does not begin here, however late it gets.
    await first.saw('noted');
    const waiting = await show(id);
    await first.kill('SIGKILL');
    expect(waiting).toMatchObject({ state: 'retrying', error: { message: 'not yet' } });
    expect(await start('--once').finished).toMatchObject({ code: 0 });
    const shown = await show(id);
    expect(shown).toMatchObject({ state: 'success', attempt: 2, result: 'recovered' });
    expect(shown).not.toHaveProperty('error');
  }, 180_000);

  test('floating rejections and stray exceptions are logged with their run; the runtime goes on', async () => {
    const { start, dispatch, ended } = runtimeSite();
    const id = await dispatch('careless');
    await using runtime = start();
    await runtime.saw('floating promise');
    await runtime.saw('stray exception');
    const after = await dispatch('quick');
    await runtime.saw(/run ended: success/, 2);
    expect(await ended(after)).toMatchObject({ state: 'success' });
    const { stderr } = await runtime.kill('SIGTERM');
    const stray = stderr
      .split('\n')
      .filter((line) => /floating promise|stray exception/.test(line));
    expect(stray.map((line) => JSON.parse(line))).toMatchObject([
      { executionId: id, task: 'careless', attempt: 1 },
      { executionId: id, task: 'careless', attempt: 1 },
    ]);
  });
});

describe('a second process', () => {
  test('a second runtime gets a clear error; dispatch and its wait work beside the first', async () => {
    const { folder, start } = runtimeSite();
    await using runtime = start();
    await runtime.saw('"ready"');
    const second = await start().finished;
    expect(second.code).toBe(3);
    expect(second.stderr).toMatch(/SKEP_DATA_DIR_IN_USE .* is in use by process \d+ on/);
    const waited = await skep(folder, ['dispatch', 'quick', '--wait', '--json']);
    expect(waited.code).toBe(0);
    expect(JSON.parse(waited.stdout)).toMatchObject({ state: 'success', result: { rows: 1234 } });
    const failed = await skep(folder, ['dispatch', 'fails', '--wait']);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('RangeError: no rows');
  });
});
