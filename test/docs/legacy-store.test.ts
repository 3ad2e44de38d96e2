// The example of docs/from-celery.md that records executions in the table of the old system, under the real runtime.
import { join } from 'node:path';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';
import { ExampleSite } from './example-site.js';

const start = () => ExampleSite.start('legacy-store/plugins.json');

function rows(site: ExampleSite, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(site.folder.path, 'maria.db'), { readOnly: true });
  try {
    return database.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    database.close();
  }
}

const columns =
  'execution_id, job_code, status_id, completed_at - started_at = duration_ms AS fits, result_summary, error_message';

test('a success, with the effect that its transaction committed with it', async () => {
  await using site = await start();
  const { id, state } = await site.run('close_month', { month: '2026-10' });
  expect(state).toBe('success');
  expect(rows(site, `SELECT ${columns} FROM scheduled_job_execution`)).toEqual([
    {
      execution_id: id,
      job_code: 'close_month',
      status_id: 3,
      fits: 1,
      result_summary: '2026-10 closed',
      error_message: null,
    },
  ]);
  expect(rows(site, 'SELECT month FROM closed_month')).toEqual([{ month: '2026-10' }]);
});

test('a failure, without its effect', async () => {
  await using site = await start();
  await site.run('close_month', { month: '2026-10', fail: true });
  expect(rows(site, `SELECT ${columns} FROM scheduled_job_execution`)).toMatchObject([
    { status_id: 4, error_message: 'the accounts of 2026-10 do not balance', result_summary: null },
  ]);
  expect(rows(site, 'SELECT month FROM closed_month')).toEqual([]);
});

test('an execution that has ended does not run again', async () => {
  await using site = await start();
  const { id } = await site.run('close_month', { month: '2026-10' });
  const settlement = await site.parts.runner.perform({
    id,
    raw: await site.parts.store?.history.envelope(id),
    crashes: 1,
  });
  expect(settlement).toMatchObject({ kind: 'final', state: 'success' });
  expect(rows(site, 'SELECT month FROM closed_month')).toHaveLength(1);
});

test('skep executions shows what is in the table', async () => {
  await using site = await start();
  const { id } = await site.run('close_month', { month: '2026-10' });
  await site.run('close_month', { month: '2026-11', fail: true });
  const { executions } = site.parts;
  expect(await executions.list({ states: ['success'], limit: 10 })).toMatchObject([
    { id, state: 'success', payload: { month: '2026-10' }, summary: '2026-10 closed' },
  ]);
  expect(await executions.list({ text: 'balance', limit: 10 })).toMatchObject([
    { payload: { month: '2026-11', fail: true } },
  ]);
  expect(await executions.cancel(id)).toBe('final');
});
