// The examples of docs/guide/tracking.md, run by the real runtime over the embedded queue and SQLite.
import { join } from 'node:path';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';
import { ExampleSite } from './example-site.js';

const start = () => ExampleSite.start('tracking/plugins.json');

function rows(site: ExampleSite, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(join(site.folder.path, 'maria.db'), { readOnly: true });
  try {
    return database.prepare(sql).all() as Record<string, unknown>[];
  } finally {
    database.close();
  }
}

test('a payment and the success of its execution commit together, and a redelivery pays nothing', async () => {
  await using site = await start();
  const { id, state } = await site.run('pay_invoice', { invoice: 1, amount: 40 });
  expect(state).toBe('success');
  const envelope = await site.parts.store?.history.envelope(id);
  expect(envelope).toMatchObject({ payload: { invoice: 1, amount: 40 } });
  const again = await site.parts.runner.perform({ id, raw: envelope, crashes: 1 });
  expect(again).toMatchObject({
    kind: 'final',
    state: 'success',
    report: { result: { paid: 40 } },
  });
  expect(rows(site, 'SELECT * FROM payment')).toEqual([{ invoice_id: 1, amount: 40 }]);
  expect(rows(site, 'SELECT status, result_summary FROM execution')).toEqual([
    { status: 'success', result_summary: '40 paid' },
  ]);
});

test('what is dispatched within a transaction runs when that has committed', async () => {
  await using site = await start();
  const { result } = await site.run('release_invoices', { invoices: [1, 2] });
  const { started } = result as { started: string[] };
  const ended = await Promise.all(started.map((id) => site.parts.executions.waitForFinal(id)));
  expect(ended.map(({ state }) => state)).toEqual(['success', 'success']);
  expect(rows(site, 'SELECT invoice_id FROM payment ORDER BY invoice_id')).toEqual([
    { invoice_id: 1 },
    { invoice_id: 2 },
  ]);
});

test('and is not there when it has not', async () => {
  await using site = await start();
  const { state } = await site.run('release_invoices', { invoices: [1, 2], fail: true });
  expect(state).toBe('failed');
  expect(rows(site, "SELECT id FROM execution WHERE task = 'pay_invoice'")).toEqual([]);
  expect(rows(site, 'SELECT id FROM invoice')).toEqual([]);
});
