// Every command as a user types it, with its JSON form and its exit code.
import { readdirSync } from 'node:fs';
import { errorCatalogue } from '../../src/core/errors/catalogue.js';
import { type Finished, site, skep } from '../support/skep.js';

const hello = `
import { definePlugin, Dispatcher, inject, Retry, Task, TimeLimit } from 'skep';

class Refused extends Error {}

@Task({
  code: 'hello',
  description: 'Greets',
  payload: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: any) =>
        typeof value?.name === 'string' ? { value } : { issues: [{ message: 'expected a name', path: ['name'] }] },
    },
  },
})
class Hello {
  run({ name }: { name: string }): { greeting: string } {
    return { greeting: \`Hello \${name}\` };
  }
}

@Task({ code: 'refuses' })
@Retry({ maxRetries: 2, delay: '10s', jitter: 'none', on: [Refused] })
@TimeLimit({ soft: '1m', hard: '2m' })
class Refuses {
  run(): void {
    throw new Error('connect mysql://app:s3cret@db/x failed');
  }
}

@Task({
  code: 'passes_on', concurrency: 2, rateLimit: '100/1m', unique: { for: '1m' }, priority: 'high', expires: '10m',
})
class PassesOn {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}
  async run(): Promise<void> {
    await this.dispatcher.dispatch('hello', { name: 'Ada' });
  }
}

@Task({ code: 'too_far' })
class TooFar {
  run(_: unknown, context: any): void {
    context.progress(50);
  }
}

export default definePlugin({ name: 'hello', version: '1.2.3', tasks: [Hello, Refuses, PassesOn, TooFar] });
`;
const folder = site({ plugins: ['./hello.ts'] }, { 'hello.ts': hello });
const run = (...args: string[]): Promise<Finished> => skep(folder, args);
const json = ({ stdout }: Finished) => JSON.parse(stdout);

afterAll(() => folder[Symbol.dispose]());

describe('looking', () => {
  test('tasks', async () => {
    const table = await run('tasks');
    expect(table).toMatchObject({ code: 0, stderr: '' });
    expect(table.stdout).toMatch(/hello +hello +default +0 +- +- +no +Greets/);
    expect(json(await run('tasks', '--json'))).toMatchObject([
      { code: 'hello', plugin: 'hello', tracked: false, isolated: false },
      {
        ...{ code: 'refuses', maxRetries: 2, softLimitMs: 60_000, hardLimitMs: 120_000 },
        ...{ concurrency: null, rate: null, unique: null, priority: 'normal', isolated: true },
      },
      {
        code: 'passes_on',
        ...{ concurrency: 2, rate: { count: 100, windowMs: 60_000 }, priority: 'high' },
        ...{ unique: { forMs: 60_000, onDuplicate: 'return' }, expiresMs: 600_000 },
      },
      { code: 'too_far' },
    ]);
    expect(table.stdout).toMatch(
      /passes_on .*2 at one time, 100 in 1 min, unique, high, expires after 10 min/,
    );
    expect(table.stdout).toMatch(/refuses .*isolated/);
  });

  test('plugins', async () => {
    expect((await run('plugins')).stdout).toMatch(
      /hello +1\.2\.3 +- +hello, refuses, passes_on, too_far +\.\/hello\.ts/,
    );
    expect(json(await run('plugins', '--json'))).toMatchObject([
      { name: 'hello', version: '1.2.3' },
    ]);
  });

  test('retries', async () => {
    expect((await run('retries', 'refuses')).stdout).toMatch(
      /2 +10 s +10 s +10 s\n +3 +20 s +20 s +30 s/,
    );
    expect(json(await run('retries', 'refuses', '--json'))).toMatchObject({
      maxRetries: 2,
      retries: [
        { attempt: 2, latestMs: 10_000 },
        { attempt: 3, cumulativeLatestMs: 30_000 },
      ],
    });
    expect((await run('retries', 'hello')).stdout).toBe('hello is not retried.\n');
    using patient = site(
      { plugins: ['./hello.ts'], tasks: { refuses: { retry: { maxRetries: 10_000 } } } },
      { 'hello.ts': hello },
    );
    const { stdout } = await skep(patient, ['retries', 'refuses']);
    expect(stdout.split('\n').length).toBeLessThan(110);
    expect(stdout).toContain('9900 more follow');
    expect(json(await skep(patient, ['retries', 'refuses', '--json'])).retries).toHaveLength(
      10_000,
    );
  });

  test('help', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes') });
  });

  test.each([
    'start',
    'run',
    'dispatch',
    'tasks',
    'plugins',
    'retries',
    'doctor',
    'migrate',
    'executions list',
    'executions show',
    'executions replay',
    'executions cancel',
    'workers',
    'queues list',
    'queues pause',
    'queues resume',
  ])('help of %s has examples', async (words) => {
    expect(await run(...words.split(' '), '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Examples:\n  $ skep'),
    });
  });
});

describe('what only reads creates nothing', () => {
  const reading = [
    ['doctor'],
    ['tasks'],
    ['plugins'],
    ['retries', 'refuses'],
    ['queues'],
    ['workers'],
    ['migrate', '--status'],
    ['executions', 'list'],
    ['executions', 'list', '--since', '2h', '--json'],
    ['schedules'],
    ['schedules', 'next', 'nightly'],
  ];
  const plugins = [
    'skep/plugins/tracking',
    'skep/plugins/scheduler',
    'skep/plugins/mail',
    './hello.ts',
  ];
  const nightly = { name: 'nightly', cron: '0 2 * * *', payload: { name: 'Ada' } };
  const tasks = { hello: { schedule: nightly } };

  test('in a site that never started; doctor says what the first start makes', async () => {
    using fresh = site({ plugins, tasks }, { 'hello.ts': hello });
    const before = readdirSync(fresh.path).toSorted();
    for (const words of reading) {
      expect({ words, ...(await skep(fresh, words)) }).toMatchObject({ words, code: 0 });
      expect({ words, files: readdirSync(fresh.path).toSorted() }).toEqual({
        words,
        files: before,
      });
    }
    const { stdout } = await skep(fresh, ['doctor']);
    expect(stdout).toMatch(
      /✓ data folder .*\.skep is not there yet; it is made at the first start/,
    );
    expect(stdout).toMatch(/✓ queue +embedded: .*queue\.db is not there yet/);
    expect(stdout).toMatch(/✓ maria .*maria\.db is not there yet/);
    expect(stdout).toMatch(/✓ migrations +\d+ pending, applied at the first start/);
    expect((await skep(fresh, ['workers'])).stdout).toBe('No worker.\n');
    expect((await skep(fresh, ['queues'])).stdout).toMatch(/^default +0 +0 +0 +no$/m);
    expect((await skep(fresh, ['executions', 'list'])).stdout).toBe('No execution.\n');
    expect((await skep(fresh, ['schedules'])).stdout).toMatch(/^nightly +hello .*new, from/m);
    for (const words of [
      ['show', 'nope'],
      ['list', '--before', 'nope'],
    ]) {
      const { code, stderr } = await skep(fresh, ['executions', ...words]);
      expect({ words, code }).toEqual({ words, code: 2 });
      expect(stderr).toContain('SKEP_EXECUTION_UNKNOWN');
    }
    expect(readdirSync(fresh.path).toSorted()).toEqual(before);
  });

  test('nor does what would change something that is not there', async () => {
    using fresh = site({ plugins, tasks }, { 'hello.ts': hello });
    const before = readdirSync(fresh.path).toSorted();
    for (const [words, code, text] of [
      [['executions', 'cancel', 'nope'], 2, 'SKEP_EXECUTION_UNKNOWN'],
      [['executions', 'replay', 'nope'], 2, 'SKEP_EXECUTION_UNKNOWN'],
      [['executions', 'cancel', '--task', 'hello', '--yes'], 0, 'No execution fits.'],
      [['executions', 'replay', '--state', 'failed', '--yes', '--json'], 0, '"replayed":0'],
      [['schedules', 'pause', 'nope'], 2, 'SKEP_SCHEDULE_UNKNOWN'],
      [['schedules', 'resume', 'nope'], 2, 'SKEP_SCHEDULE_UNKNOWN'],
      [['schedules', 'run', 'nightlyy'], 2, 'Did you mean "nightly"?'],
    ] as const) {
      const finished = await skep(fresh, words);
      expect({ words, code: finished.code }).toEqual({ words, code });
      expect(`${finished.stdout}${finished.stderr}`).toContain(text);
      expect({ words, files: readdirSync(fresh.path).toSorted() }).toEqual({
        words,
        files: before,
      });
    }
    // What is declared can be paused before the first start: that is kept.
    expect(await skep(fresh, ['schedules', 'pause', 'nightly'])).toMatchObject({ code: 0 });
    expect((await skep(fresh, ['schedules'])).stdout).toMatch(/^nightly .*paused/m);
  });

  test('and after the first start doctor says what there is', async () => {
    using started = site({ plugins, tasks }, { 'hello.ts': hello });
    expect(await skep(started, ['start', '--once'])).toMatchObject({ code: 0 });
    const { stdout } = await skep(started, ['doctor']);
    expect(stdout).not.toContain('not there yet');
    expect(stdout).toMatch(/✓ queue +embedded: .*queue\.db, .*0 waiting/);
    expect(stdout).toMatch(/✓ maria +SQLite [\d.]+ at .*maria\.db, connected in/);
    expect(stdout).toMatch(/✓ migrations +up to date/);
  });
});

describe('a queue of plugins.json that no task is in', () => {
  const queues = { default: {}, defalt: { concurrency: 2 } };
  const told = /[Nn]o task is in .*defalt\. Did you mean .*default/;

  test.each([[['start', '--once']], [['queues']], [['doctor']]])('%s tells it', async (words) => {
    using misspelt = site({ plugins: ['./hello.ts'], queues }, { 'hello.ts': hello });
    const { code, stdout, stderr } = await skep(misspelt, words);
    expect(code).toBe(0);
    expect(words[0] === 'doctor' ? stdout : stderr).toMatch(told);
    const [finding] = JSON.parse((await skep(misspelt, ['doctor', '--json'])).stdout).filter(
      ({ name }: { name: string }) => name === 'plugins.json',
    );
    expect(finding.warnings).toEqual([
      { message: expect.stringMatching(told), remedy: expect.stringContaining('"queues"') },
    ]);
  });
});

describe('doctor', () => {
  test('says what it found, and exits 3 when a source is out of reach', async () => {
    expect(await run('doctor')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('hris          not configured: HRIS_URL is not set'),
    });
    const url = { HRIS_URL: 'mysql://skep:s3cret@127.0.0.1:9/hr' };
    const finished = await skep(folder, ['doctor'], url);
    expect(finished.code).toBe(3);
    expect(finished.stdout).not.toContain('s3cret');
    expect(finished.stdout).toMatch(/✓ maria .*maria\.db is not there yet/);
    expect(finished.stdout).toMatch(/✗ hris +SKEP_CONNECT_FAILED: .*127\.0\.0\.1:9.*\n +remedy /);
    expect(json(await skep(folder, ['doctor', '--json'], url))).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ name: 'queue', ok: true, waiting: expect.any(Number) }),
        expect.objectContaining({ name: 'hris', ok: false, code: 'SKEP_CONNECT_FAILED' }),
      ]),
    );
  });
});

describe('migrate', () => {
  test('without migrations there is nothing to do', async () => {
    expect(await run('migrate')).toMatchObject({ code: 0, stdout: 'Maria is up to date.\n' });
    expect(json(await run('migrate', '--status', '--json'))).toEqual({ pending: [], run: [] });
  });
});

describe('run', () => {
  test('prints the result; logs stay on stderr', async () => {
    const finished = await run('run', 'hello', '--payload', '{"name":"Ada"}', '--json');
    expect(finished.code).toBe(0);
    expect(json(finished)).toMatchObject({
      task: 'hello',
      state: 'success',
      result: { greeting: 'Hello Ada' },
      ledger: { opened: 0, leaked: 0 },
    });
    expect(finished.stderr).toContain('"message":"run ended: success"');
  });

  test('a failing task exits 1, without a stack and without the password', async () => {
    const finished = await run('run', 'refuses');
    expect(finished.code).toBe(1);
    expect(finished.stdout).toContain('Error: connect mysql://app:[redacted]@db/x failed');
    expect(finished.stdout + finished.stderr).not.toContain('s3cret');
    expect(finished.stdout).not.toContain('    at ');
  });

  test('an error of Skep comes with cause and remedy', async () => {
    const { code, stdout } = await run('run', 'too_far');
    expect(code).toBe(1);
    expect(stdout).toContain('SKEP_PROGRESS_INVALID: ');
    expect(stdout).toContain(`cause  ${errorCatalogue.SKEP_PROGRESS_INVALID.cause}`);
    expect(stdout).toContain(`remedy ${errorCatalogue.SKEP_PROGRESS_INVALID.remedy}`);
    expect(json(await run('run', 'too_far', '--json')).error).toMatchObject({
      code: 'SKEP_PROGRESS_INVALID',
      remedy: errorCatalogue.SKEP_PROGRESS_INVALID.remedy,
    });
  });

  test('a task may dispatch others', async () => {
    expect(await run('run', 'passes_on')).toMatchObject({ code: 0 });
    expect((await run('executions', 'list', '--task', 'hello', '--json')).stdout).toContain(
      '"triggeredBy":"task passes_on"',
    );
  });

  test('a payload from a file', async () => {
    folder.write('payload.json', { name: 'Grace' });
    expect((await run('run', 'hello', '-p', '@payload.json')).stdout).toContain('Hello Grace');
  });
});

describe('dispatch and executions', () => {
  test('what was dispatched is listed, shown, and done by a start --once in another process', async () => {
    const dispatched = await run('dispatch', 'hello', '--payload', '{"name":"Ada"}');
    const id = dispatched.stdout.trim();
    expect(dispatched.stderr).toContain('no worker consumes the queue "default"');
    expect(json(await run('executions', 'show', id, '--json'))).toMatchObject({
      id,
      state: 'queued',
      attempt: 0,
    });
    expect(await run('start', '--once')).toMatchObject({ code: 0 });
    expect(json(await run('executions', 'show', id, '--json'))).toMatchObject({
      state: 'success',
      attempt: 1,
      result: { greeting: 'Hello Ada' },
    });
    expect((await run('executions', 'show', id)).stdout).toMatch(/state +success/);
    expect((await run('executions', 'list')).stdout).toContain(id);
    expect((await run('executions', 'list', '--state', 'failed', '--json')).stdout).toBe('');
  }, 180_000);

  test('--delay and --at are kept', async () => {
    const { id } = json(await run('dispatch', 'refuses', '--delay', '1h', '--json'));
    const shown = json(await run('executions', 'show', id, '--json'));
    expect(Date.parse(shown.availableAt) - Date.parse(shown.dispatchedAt)).toBe(3_600_000);
  });
});

describe('what is typed wrongly exits 2 and says the remedy', () => {
  test.each([
    [['taks'], 'SKEP_USAGE', 'Did you mean tasks?'],
    [['tasks', '--jsn'], 'SKEP_USAGE', 'Did you mean --json?'],
    [['run'], 'SKEP_USAGE', "missing required argument 'task'"],
    [['tasks', '--jsn'], 'SKEP_USAGE', 'See `skep tasks --help`.'],
    [['taks'], 'SKEP_USAGE', 'See `skep --help`.'],
    [['run', 'helo'], 'SKEP_TASK_UNKNOWN', 'Did you mean "hello"?'],
    [['dispatch', 'helo'], 'SKEP_TASK_UNKNOWN', 'Did you mean "hello"?'],
    [['retries', 'refused'], 'SKEP_TASK_UNKNOWN', 'Did you mean "refuses"?'],
    [['run', 'hello', '-p', '{name}'], 'SKEP_PAYLOAD_INVALID', 'Quote it for the shell'],
    [['run', 'hello', '-p', '{}'], 'SKEP_PAYLOAD_INVALID', 'name: expected a name'],
    [['run', 'hello', '-p', '@nowhere.json'], 'SKEP_USAGE', 'cannot be read'],
    [['dispatch', 'hello', '-p', '{}'], 'SKEP_PAYLOAD_INVALID', 'name: expected a name'],
    [
      ['dispatch', 'hello', '-p', '{"name":"x"}', '--delay', 'soon'],
      'SKEP_DISPATCH_INVALID',
      'delay: "soon" is not',
    ],
    [
      ['dispatch', 'hello', '-p', '{"name":"x"}', '--at', 'later'],
      'SKEP_DISPATCH_INVALID',
      'ISO 8601',
    ],
    [
      ['executions', 'list', '--text', 'ab '.repeat(400)],
      'SKEP_USAGE',
      '1000 are searched for at most',
    ],
    [['executions', 'show', 'nope'], 'SKEP_EXECUTION_UNKNOWN', 'nope'],
    [['executions', 'list', '--jsn'], 'SKEP_USAGE', 'See `skep executions list --help`.'],
    [['executions', 'lst'], 'SKEP_USAGE', 'See `skep executions --help`.'],
    [
      ['queues', 'lst'],
      'SKEP_USAGE',
      'there is no command "skep queues lst". Did you mean "list"?',
    ],
    [['schedules', 'nxt'], 'SKEP_USAGE', 'there is no command "skep schedules nxt". Did you mean'],
    [['dispatch', 'refuses', '--timeout', '5m'], 'SKEP_USAGE', '--wait is not given'],
    [['executions', 'replay'], 'SKEP_USAGE', 'nothing says which executions to replay'],
    [['executions', 'list', '--state', 'done'], 'SKEP_USAGE', 'Allowed choices'],
    [['executions', 'list', '--limit', '0'], 'SKEP_USAGE', 'from 1 to 10000'],
    [['start', '--config', 'nowhere.json'], 'SKEP_CONFIG_NOT_FOUND', 'nowhere.json'],
  ])('skep %j', async (args, code, words) => {
    const plain = await run(...args);
    expect(plain).toMatchObject({ code: 2, stdout: '' });
    expect(plain.stderr).toContain(code);
    expect(plain.stderr).toContain(words);
    expect(plain.stderr).toContain('remedy');
    expect(plain.stderr).not.toContain('    at ');
    const asJson = await run(...args, '--json');
    expect(asJson.code).toBe(2);
    expect(json(asJson).errors[0]).toMatchObject({ code, remedy: expect.any(String) });
  });

  test('--verbose adds the stack', async () => {
    expect((await run('run', 'helo', '--verbose')).stderr).toContain('    at ');
  });
});
