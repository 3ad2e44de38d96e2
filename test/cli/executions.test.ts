// `skep executions` as a user types it, with a record of executions and without one.
import { type Finished, SkepProcess, site, skep } from '../support/skep.js';
import type { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const tasks = `
import { definePlugin, Retry, Task, Tracked } from 'skep';

class Flaky {
  run({ fail }, { attempt }) {
    if (fail) throw new Error('connect ECONNREFUSED 10.0.0.7 password=hunter2');
    return { rows: 3, attempt };
  }
}
Task({ code: 'flaky' })(Flaky);
Tracked({ summarize: ({ rows }) => rows + ' rows' })(Flaky);
Retry({ maxRetries: 1, delay: '1ms', jitter: 'none' })(Flaky);

class Forgetful { run() { return 'done'; } }
Task({ code: 'forgetful' })(Forgetful);
Tracked({ keepPayload: false })(Forgetful);

class Plain { run() { return 'done'; } }
Task({ code: 'plain' })(Plain);

export default definePlugin({ name: 'tasks', version: '1.0.0', tasks: [Flaky, Forgetful, Plain] });
`;

const json = ({ stdout }: Finished) => JSON.parse(stdout);
const lines = ({ stdout }: Finished) =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

function installation(plugins: readonly string[], source = tasks) {
  const folder: TempFolder = site({ plugins }, { 'tasks.mjs': source });
  afterAll(() => folder[Symbol.dispose]());
  const run = (...args: string[]) => skep(folder, args);
  const dispatch = async (task: string, payload: object): Promise<string> =>
    (await run('dispatch', task, '-p', JSON.stringify(payload))).stdout.trim();
  return { folder, run, dispatch };
}

/** What a command says that is used wrongly. */
async function expectUsage(
  run: (...args: string[]) => Promise<Finished>,
  args: readonly string[],
  code: string,
  words: string,
): Promise<void> {
  const told = await run(...args);
  expect([args, told]).toMatchObject([args, { code: 2, stdout: '' }]);
  expect(told.stderr).toContain(code);
  expect(told.stderr).toContain(words);
  expect(told.stderr).toContain('remedy');
}

/** A command is a process of its own, and there are many. */
const patienceMs = 120_000;

describe('with a record', () => {
  const { folder, run, dispatch } = installation(['skep/plugins/tracking', './tasks.mjs']);

  test('skep tasks says which tasks are tracked', async () => {
    expect(json(await run('tasks', '--json'))).toMatchObject([
      { code: 'flaky', tracked: true },
      { code: 'forgetful', tracked: true },
      { code: 'plain', tracked: false },
    ]);
    expect((await run('tasks')).stdout).toMatch(/flaky .* yes/);
  });

  let [good, bad, forgotten, plain] = ['', '', '', ''];
  beforeAll(async () => {
    good = await dispatch('flaky', { user: 'Ada', apiKey: 'k-123', note: 'quarterly numbers' });
    bad = await dispatch('flaky', { fail: true });
    forgotten = await dispatch('forgetful', { n: 1 });
    plain = await dispatch('plain', { n: 1 });
    const started = await run('start', '--once');
    expect([started.stderr, started.code]).toEqual([expect.any(String), 0]);
  }, patienceMs);

  const listed = async (...args: string[]): Promise<string[]> =>
    lines(await run('executions', 'list', '--json', ...args)).map(({ id }) => id);

  test(
    'every filter',
    async () => {
      const { worker } = json(await run('executions', 'show', good, '--json'));
      const cases: [string[], string[]][] = [
        [[], [plain, forgotten, bad, good]],
        [['--state', 'failed,timed_out'], [bad]],
        [
          ['--state', 'failed', '--state', 'success'],
          [plain, forgotten, bad, good],
        ],
        [
          ['--task', 'flaky'],
          [bad, good],
        ],
        [
          ['--queue', 'default'],
          [plain, forgotten, bad, good],
        ],
        [['--text', 'QUARTERLY numbers'], [good]],
        [['--text', 'econnrefused'], [bad]],
        [['--since', '1h', '--task', 'forgetful'], [forgotten]],
        [['--until', '1h'], []],
        [
          ['--until', '2100-01-01'],
          [forgotten, bad, good],
        ],
        [['--schedule', 'nightly'], []],
        [
          ['--worker', worker],
          [forgotten, bad, good],
        ],
        [['--limit', '2', '--before', bad], [good]],
      ];
      const found = await Promise.all(
        cases.map(async ([args]) => [args, await listed(...args)] as const),
      );
      expect(found).toEqual(cases);
      const table = await run('executions', 'list', '--task', 'flaky');
      expect(table.stdout).toMatch(/ID +TASK +STATE +ATTEMPT/);
      expect(table.stdout).toContain('3 rows');
      expect(table.stdout).not.toContain('hunter2');
    },
    patienceMs,
  );

  test(
    'show tells the whole story, and no secret unless it is asked for',
    async () => {
      const shown = await run('executions', 'show', bad);
      expect(shown.stdout).toMatch(/state +failed/);
      expect(shown.stdout).toMatch(/in the logs +executionId /);
      expect(shown.stdout).toMatch(
        /ATTEMPT +OUTCOME +STARTED +TOOK +WORKER +CONNECTIONS +ERROR\n +1 +retrying .*\n +2 +failed .*ECONNREFUSED/,
      );
      expect(shown.stdout).not.toContain('hunter2');
      const document = json(await run('executions', 'show', good, '--json'));
      expect(document).toMatchObject({
        id: good,
        tracked: true,
        payload: { user: 'Ada', apiKey: '[redacted]' },
        summary: '3 rows',
        attempts: [
          { attempt: 1, outcome: 'success', durationMs: expect.any(Number), ledger: { leaked: 0 } },
        ],
      });
      const revealed = json(await run('executions', 'show', good, '--json', '--reveal'));
      expect(revealed.payload).toMatchObject({ apiKey: 'k-123' });
      expect((await run('executions', 'show', good)).stdout).not.toContain('k-123');
      expect((await run('executions', 'show', good, '--reveal')).stdout).toContain('k-123');
    },
    patienceMs,
  );

  test(
    'what is used wrongly is refused with what to do, and nothing is changed',
    async () => {
      const before = await listed();
      const cases: [string[], string, string][] = [
        [['list', '--state', 'done'], 'SKEP_USAGE', 'Allowed choices'],
        [['list', '--state', 'faild'], 'SKEP_USAGE', 'Did you mean "failed"?'],
        [['list', '--since', 'yesterday'], 'SKEP_USAGE', 'duration back from now'],
        [['list', '--since', '2026-02-30'], 'SKEP_USAGE', 'duration back from now'],
        [['list', '--since', '1h', '--until', '2h'], 'SKEP_USAGE', 'is not before --until'],
        [['list', '--text', '!?'], 'SKEP_USAGE', 'holds no letter or digit'],
        [['list', '--before', 'nope'], 'SKEP_EXECUTION_UNKNOWN', 'nope'],
        [['list', '--follow', '--until', '1h'], 'SKEP_USAGE', '--follow'],
        [['show', 'nope'], 'SKEP_EXECUTION_UNKNOWN', 'nope'],
        [['replay', 'nope'], 'SKEP_EXECUTION_UNKNOWN', 'nope'],
        [['replay'], 'SKEP_USAGE', 'nothing says which executions to replay'],
        [['replay', 'nope', '--task', 'flaky'], 'SKEP_USAGE', 'both given'],
        [
          ['replay', '--task', 'flaky', '-p', '1'],
          'SKEP_USAGE',
          '--payload is for the replay of one',
        ],
        [['cancel', 'nope'], 'SKEP_EXECUTION_UNKNOWN', 'nope'],
        [['cancel', '--state', 'failed'], 'SKEP_USAGE', 'nothing to cancel'],
        [['replay', '--task', 'flaky'], 'SKEP_CONFIRMATION_NEEDED', '2 executions fit'],
      ];
      await Promise.all(
        cases.map(([args, code, words]) => expectUsage(run, ['executions', ...args], code, words)),
      );
      expect(await listed()).toEqual(before);
      const told = await run('executions', 'replay', '--task', 'flaky', '--json');
      expect(json(told).errors[0]).toMatchObject({
        code: 'SKEP_CONFIRMATION_NEEDED',
        count: 2,
        example: bad,
        cause: expect.stringContaining('--yes'),
      });
    },
    patienceMs,
  );

  test(
    'replay: one, with another payload, and what cannot be',
    async () => {
      const again = (await run('executions', 'replay', bad, '-p', '{"fail":false}')).stdout.trim();
      expect(json(await run('executions', 'show', again, '--json'))).toMatchObject({
        replayOf: bad,
        payload: { fail: false },
        state: expect.stringMatching(/pending|queued/),
      });
      await expectUsage(
        run,
        ['executions', 'replay', forgotten],
        'SKEP_PAYLOAD_NOT_KEPT',
        'keepPayload',
      );
      const before = await listed();
      folder.write('plugins.json', { plugins: ['skep/plugins/tracking'] });
      await expectUsage(run, ['executions', 'replay', good], 'SKEP_TASK_UNKNOWN', 'flaky');
      expect(await listed()).toEqual(before);
      folder.write('plugins.json', { plugins: ['skep/plugins/tracking', './tasks.mjs'] });
    },
    patienceMs,
  );

  test(
    'replay and cancel of all that fit: counted, then with --yes',
    async () => {
      const bulk = [
        'executions',
        'replay',
        '--state',
        'failed',
        '--task',
        'flaky',
        '--since',
        '1h',
      ];
      const refused = await run(...bulk);
      expect(refused.stderr).toContain('1 execution fits, such as');
      expect(refused.stderr).toContain('--yes');
      const done = await run(...bulk, '--yes', '--json');
      const [replayed, total] = lines(done);
      expect([replayed, total]).toEqual([
        { id: expect.any(String), replayOf: bad },
        { replayed: 1, failed: 0 },
      ]);
      expect(done.stderr).toContain('1 of 1');
      const waiting = await listed('--state', 'pending,queued', '--task', 'flaky');
      expect(waiting).toContain(replayed.id);
      const unasked = await run('executions', 'cancel', '--task', 'flaky');
      expect(unasked).toMatchObject({ code: 2, stdout: '' });
      expect(unasked.stderr).toMatch(/executions? fits?.*--yes/s);
      expect(await listed('--state', 'pending,queued', '--task', 'flaky')).toEqual(waiting);
      const cancelled = await run('executions', 'cancel', '--task', 'flaky', '--yes');
      expect(cancelled).toMatchObject({ code: 0, stdout: `${waiting.length} cancelled\n` });
      expect(await listed('--state', 'pending,queued')).toEqual([]);
      expect(await listed('--state', 'cancelled')).toEqual(waiting);
      expect(await run('executions', 'cancel', '--task', 'flaky', '--yes')).toMatchObject({
        code: 0,
        stdout: 'No execution fits.\n',
      });
      // What one of them lacks is told, and the others go on.
      const some = await run(
        'executions',
        'replay',
        '--state',
        'success',
        '--since',
        '1h',
        '--yes',
      );
      expect(some).toMatchObject({ code: 1, stdout: '1 replayed, 1 failed\n' });
      expect(some.stderr).toContain(`${forgotten}: SKEP_PAYLOAD_NOT_KEPT`);
    },
    patienceMs,
  );

  test(
    'follow prints what comes and what becomes of it, and Ctrl-C ends it well',
    async () => {
      const args = ['executions', 'list', '--task', 'plain', '--limit', '1', '--follow', '--json'];
      await using following = new SkepProcess(folder.path, args);
      await following.saw(plain);
      const id = await dispatch('plain', { n: 2 });
      await following.saw(id);
      await run('executions', 'cancel', id);
      await following.saw('"state":"cancelled"');
      const { code, stdout } = await following.kill('SIGINT');
      expect(code).toBe(0);
      const told = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(told.map((each) => [each.id, each.state])).toEqual([
        [plain, 'success'],
        [id, 'queued'],
        [id, 'cancelled'],
      ]);
    },
    patienceMs,
  );

  test(
    'while the queue is out of reach, list and show tell what is on record, and say so',
    async () => {
      const away = { REDIS_URL: 'redis://:s3cret@127.0.0.1:9/' };
      const list = ['list', '--task', 'flaky', '--limit', '2', '--json'];
      // Each waits 5 s for a server that may just be starting, all at the same time: each in a process of its own.
      const outcome = async (...args: string[]) => {
        await using command = new SkepProcess(folder.path, ['executions', ...args], away);
        return await command.finished;
      };
      const [listing, shown, ...refused] = await Promise.all([
        outcome(...list),
        outcome('show', bad),
        // The queue may know of what is not on record.
        outcome('show', plain),
        outcome('list', '--before', plain),
        // What changes something needs both.
        outcome('cancel', bad),
      ]);
      expect([listing.stderr, listing.code]).toEqual([expect.stringContaining('on record'), 0]);
      expect(listing.stderr).not.toContain('s3cret');
      expect(lines(listing)).toEqual(lines(await run('executions', ...list)));
      expect([shown.code, shown.stdout]).toEqual([0, expect.stringMatching(/state +failed/)]);
      for (const { code, stdout, stderr } of refused) {
        expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
        expect(stderr).toContain('SKEP_QUEUE_UNREACHABLE');
      }
    },
    patienceMs,
  );

  test(
    'dispatch --wait ends with the record of the execution',
    async () => {
      await using runtime = new SkepProcess(folder.path, ['start']);
      await runtime.saw('"ready"');
      const waited = await run('dispatch', 'flaky', '-p', '{}', '--wait', '--json');
      expect([waited.stderr, waited.code]).toEqual([expect.any(String), 0]);
      expect(json(waited)).toMatchObject({ state: 'success', summary: '3 rows', tracked: true });
      await until(async () => (await listed('--state', 'pending,queued,running')).length === 0);
    },
    patienceMs,
  );
});

describe('without a record', () => {
  const { folder, run, dispatch } = installation(
    ['./tasks.mjs'],
    // A tracked task without a record would be refused.
    tasks.replaceAll(/^Tracked\(.*$/gm, ''),
  );

  test('and without a queue nothing can be told', async () => {
    const told = await skep(folder, ['executions', 'list'], { REDIS_URL: 'redis://127.0.0.1:9/' });
    expect(told).toMatchObject({ code: 3, stdout: '' });
    expect(told.stderr).toContain('SKEP_QUEUE_UNREACHABLE');
  });

  test(
    'what the queue knows is listed, replayed and cancelled; the rest is an error',
    async () => {
      const [one, other] = [await dispatch('plain', { n: 1 }), await dispatch('flaky', { n: 2 })];
      const rows = lines(await run('executions', 'list', '--json', '--state', 'queued,running'));
      expect(rows.map(({ id }) => id)).toEqual([other, one]);
      const again = (await run('executions', 'replay', one)).stdout.trim();
      expect(json(await run('executions', 'show', again, '--json'))).toMatchObject({
        payload: { n: 1 },
      });
      expect(await run('executions', 'cancel', '--task', 'plain', '--yes')).toMatchObject({
        code: 0,
        stdout: '2 cancelled\n',
      });
      const beyond = [
        ['--text', 'x'],
        ['--worker', 'x'],
        ['--schedule', 'x'],
        ['--since', '1h'],
      ];
      await Promise.all(
        beyond.map((args) =>
          expectUsage(
            run,
            ['executions', 'list', ...args],
            'SKEP_NOT_TRACKING',
            'skep/plugins/tracking',
          ),
        ),
      );
      await expectUsage(
        run,
        ['executions', 'list', '--before', 'nope'],
        'SKEP_EXECUTION_UNKNOWN',
        'nope',
      );
    },
    patienceMs,
  );
});
