// `skep run` of a tracked task: an execution on record like any other, of one attempt.
import { type Finished, SkepProcess, site, skep } from '../support/skep.js';

const pays = `
import { definePlugin, inject, Maria, Retry, Task, Tracked } from 'skep';

class Pays {
  constructor(maria) {
    this.maria = maria;
  }
  async run({ fails = false, waits = false }, context) {
    if (fails) throw new Error('no money');
    if (waits) {
      console.error('waiting for a signal');
      await new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason)));
    }
    await this.maria.transaction(async (manager) => {
      await manager.query('CREATE TABLE IF NOT EXISTS paid (id TEXT)');
      await manager.query('INSERT INTO paid VALUES (?)', [context.executionId]);
      await context.complete(manager, { paid: 1 });
    });
  }
}
const tasks = [{ code: 'pays' }, { code: 'pays_in_thread', isolate: true }].map((options) => {
  class Paying extends Pays {}
  inject(Maria)(Paying, undefined, 0);
  Retry({ maxRetries: 3 })(Paying);
  Tracked({ summarize: ({ paid }) => paid + ' paid' })(Paying);
  Task(options)(Paying);
  return Paying;
});

export default definePlugin({ name: 'pays', version: '1.0.0', tasks });
`;
const folder = site({ plugins: ['skep/plugins/tracking', './pays.mjs'] }, { 'pays.mjs': pays });
afterAll(() => folder[Symbol.dispose]());

const json = ({ stdout }: Finished) => JSON.parse(stdout);
const jsonLines = ({ stdout }: Finished) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const show = async (id: string) => json(await skep(folder, ['executions', 'show', id, '--json']));
const list = async (...filter: string[]) =>
  jsonLines(await skep(folder, ['executions', 'list', ...filter, '--json']));

test.each(['pays', 'pays_in_thread'])(
  '%s completes its execution, which is shown as it ended',
  async (task) => {
    const finished = await skep(folder, ['run', task, '--payload', '{}', '--json']);
    expect(finished.code).toBe(0);
    const { id, state, result } = json(finished);
    expect({ state, result }).toEqual({ state: 'success', result: { paid: 1 } });
    expect(await show(id)).toMatchObject({
      id,
      task,
      state: 'success',
      result: { paid: 1 },
      summary: '1 paid',
      triggeredBy: 'skep run',
      attempts: [{ attempt: 1, outcome: 'success' }],
    });
  },
);

test('a failure is final on record, and a person reads that @Retry had no say; a replay is an execution of its own', async () => {
  const finished = await skep(folder, ['run', 'pays', '--payload', '{"fails":true}']);
  expect(finished.code).toBe(1);
  expect(finished.stdout).toContain('`skep run` is one attempt');
  const [failed] = await list('--state', 'failed');
  expect(failed).toMatchObject({ task: 'pays', attempt: 1, error: { message: 'no money' } });
  const replayed = json(await skep(folder, ['executions', 'replay', failed.id, '--json']));
  expect(await show(replayed.id)).toMatchObject({ state: 'queued', replayOf: failed.id });
  await skep(folder, ['executions', 'cancel', replayed.id]);
});

test('a signal ends it as cancelled; who cancels it meanwhile is told which process to stop', async () => {
  await using running = new SkepProcess(folder.path, [
    'run',
    'pays',
    '--payload',
    '{"waits":true}',
  ]);
  await running.saw('waiting for a signal');
  const [execution] = await list('--state', 'running');
  const refused = await skep(folder, ['executions', 'cancel', execution.id]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('SKEP_EXECUTION_ABANDONED');
  expect(refused.stderr).toContain('stop that process');
  expect(execution.worker).toContain(`:${running.child.pid}`);
  const { code, stdout } = await running.kill('SIGINT');
  expect(code).toBe(130);
  expect(stdout).toContain('pays cancelled');
  expect(await show(execution.id)).toMatchObject({
    state: 'cancelled',
    error: { code: 'SKEP_RUN_STOPPED' },
  });
});
