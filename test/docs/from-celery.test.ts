// The examples of docs/from-celery.md, run by the real runtime over the embedded queue and SQLite.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';
import { ExampleSite } from './example-site.js';

const start = (variables: Record<string, string> = {}) =>
  ExampleSite.start('from-celery/plugins.json', variables);

/** What a SQLite file of the site holds, read past the runtime. */
function rows<T>(site: ExampleSite, file: string, sql: string): T[] {
  const database = new DatabaseSync(join(site.folder.path, file), { readOnly: true });
  try {
    return database.prepare(sql).all() as T[];
  } finally {
    database.close();
  }
}

/** What was copied. Each test copies days of its own, since they share a site. */
const headcounts = () =>
  rows<{ day: string; unit_id: number; people: number }>(
    site,
    'maria.db',
    'SELECT day, unit_id, people FROM headcount ORDER BY day, unit_id',
  );
const headcountsOf = (...days: string[]) => headcounts().filter(({ day }) => days.includes(day));
/** The days of headcounts, but those that were there before. */
const copiedDays = (before: ReadonlySet<string> = new Set()) =>
  new Set(headcounts().flatMap(({ day }) => (before.has(day) ? [] : day)));

/** For all tests but those that need variables of their own: what takes longest here is to start threads. */
let site: ExampleSite;
beforeAll(async () => {
  site = await start({ HOLIDAYS_RETRY_DELAY: '10ms' });
});
afterAll(() => site[Symbol.asyncDispose]());

test('one database: the employees are counted, and its connection is closed', async () => {
  const execution = await site.run('count_employees');
  const [counted] = rows<{ n: number }>(
    site,
    'hris.db',
    'SELECT COUNT(*) AS n FROM HR_Employee WHERE IsActive = 1',
  );
  expect(counted?.n).toBeGreaterThan(0);
  expect(execution).toMatchObject({
    state: 'success',
    result: { active: counted?.n },
    ledger: { opened: 1, closed: 1, killed: 0, leaked: 0 },
  });
});

test('two databases: what HRIS says is in Maria, and a second time changes nothing', async () => {
  const day = '2026-03-01';
  const first = await site.run('copy_headcounts', { day });
  const copied = headcountsOf(day);
  expect(first.state).toBe('success');
  expect(first.result).toEqual({ units: copied.length });
  expect(copied.length).toBeGreaterThan(0);
  const [held] = rows<{ n: number }>(
    site,
    'hris.db',
    `SELECT COUNT(DISTINCT EmployeeID || '/' || OrganizationUnitID) AS n FROM HR_EmployeePosition
     WHERE StartDate <= '${day}' AND (EndDate IS NULL OR EndDate >= '${day}')`,
  );
  expect(copied.reduce((sum, { people }) => sum + people, 0)).toBe(held?.n);
  expect(first.ledger).toMatchObject({ opened: 2, closed: 2, leaked: 0 });

  const all = headcounts();
  await site.run('copy_headcounts', { day });
  expect(headcounts()).toEqual(all);
});

test('tracking and logging: every line of a run says which run it is', async () => {
  const days = ['2026-03-03', '2026-03-04'];
  const before = copiedDays();
  const { id, state, result } = await site.run('rebuild_headcounts', { days });
  expect({ state, result }).toEqual({ state: 'success', result: { days: 2 } });
  const ofRun = site.lines.filter(({ fields }) => fields.executionId === id);
  expect(ofRun.filter(({ message }) => message === 'headcounts copied')).toEqual(
    days.map((day) => ({
      level: 'info',
      message: 'headcounts copied',
      fields: expect.objectContaining({
        executionId: id,
        task: 'rebuild_headcounts',
        attempt: 1,
        day,
        units: expect.any(Number),
      }),
    })),
  );
  expect(copiedDays(before)).toEqual(new Set(days));
});

/** A service that gives these answers, one after another. */
async function service(answers: readonly [status: number, body: string, retryAfter?: string][]) {
  let asked = 0;
  const server = createServer((_request, response) => {
    const [status, body, retryAfter] = answers[asked++] ?? [500, ''];
    // One that is kept open is closed after a while without a request: an attempt that comes then would get no answer.
    response.shouldKeepAlive = false;
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    response.end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/holidays`,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('retry and backoff: unavailable and asked to wait, then it works', async () => {
  await using holidays = await service([
    [503, ''],
    [429, '', '0.01'],
    [200, JSON.stringify([{ date: '2026-03-20', name: 'Eid al-Fitr' }])],
  ]);
  const execution = await site.run('import_holidays', { url: holidays.url });
  expect(execution).toMatchObject({ state: 'success', attempt: 3, result: { holidays: 1 } });
  const reasons = site.lines.filter(
    ({ message, fields }) =>
      message === 'run ended: retrying' && fields.executionId === execution.id,
  );
  expect(reasons.map(({ fields }) => fields.error)).toEqual([
    expect.objectContaining({ code: 'ServiceUnavailable', message: 'HTTP 503' }),
    expect.objectContaining({ code: 'SKEP_RETRY_REQUESTED', message: 'asked to wait' }),
  ]);
});

test('retry and backoff: what would be the same again fails at once', async () => {
  await using holidays = await service([[404, '']]);
  const execution = await site.run('import_holidays', { url: holidays.url });
  expect(execution).toMatchObject({ state: 'failed', attempt: 1, error: { message: 'HTTP 404' } });
  expect(holidays.asked()).toBe(1);
});

test('a sync task', async () => {
  const execution = await site.run('check_codes', { codes: ['00042', '42', '0004x'] });
  expect(execution.result).toEqual({ wrong: ['42', '0004x'] });
});

test('tasks that start tasks', async () => {
  const days = ['2026-03-05', '2026-03-06'];
  const { result, id } = await site.run('nightly', { days });
  const { started } = result as { started: string[] };
  const ended = await Promise.all(started.map((each) => site.parts.broker.waitForFinal(each)));
  expect(ended.map(({ task, state, triggeredBy }) => ({ task, state, triggeredBy }))).toEqual(
    ['copy_headcounts', 'copy_headcounts', 'count_employees'].map((task) => ({
      task,
      state: 'success',
      triggeredBy: 'task nightly',
    })),
  );
  expect(started).not.toContain(id);
  expect(headcountsOf(...days).length).toBeGreaterThan(0);
});

test('a task in a queue of its own waits for others; in their queue the wait is refused', async () => {
  const days = ['2026-03-07', '2026-03-08'];
  const before = copiedDays();
  const report = await site.run('report_headcounts', { days });
  expect(report).toMatchObject({ state: 'success', result: { copied: 2, failed: 0 } });
  expect(copiedDays(before)).toEqual(new Set(days));
  await using same = await start({ REPORTS_QUEUE: 'default' });
  expect(await same.run('report_headcounts', { days })).toMatchObject({
    state: 'failed',
    error: { code: 'SKEP_WAIT_SAME_QUEUE' },
  });
});

test('the registry: every task of the plugin is known by its code', async () => {
  expect(site.parts.installation.registry.all.map(({ code }) => code).sort()).toEqual([
    'check_codes',
    'copy_headcounts',
    'count_employees',
    'import_holidays',
    'nightly',
    'rebuild_headcounts',
    'report_headcounts',
  ]);
  await expect(site.run('copy_headcount', { day: '2026-03-01' })).rejects.toMatchObject({
    code: 'SKEP_TASK_UNKNOWN',
    message: expect.stringContaining('copy_headcounts'),
  });
  await expect(site.run('copy_headcounts', { day: 'yesterday' })).rejects.toMatchObject({
    code: 'SKEP_PAYLOAD_INVALID',
  });
});
