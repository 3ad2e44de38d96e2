// The examples of README and guide, run by the real runtime.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';
import { tempFolder } from '../support/temp-folder.js';
import { ExampleSite } from './example-site.js';

test('the first task', async () => {
  await using site = await ExampleSite.start('first/plugins.json');
  const { state, result } = await site.run('greet', { name: 'Ada' });
  expect({ state, result }).toEqual({ state: 'success', result: { greeting: 'Hello Ada' } });
});

test('orders: a source, a migration and a task of a plugin of one’s own', async () => {
  using folder = tempFolder();
  const file = join(folder.path, 'shop.db');
  const shop = new DatabaseSync(file);
  shop.exec(
    'CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, cents INTEGER, ordered_on TEXT)',
  );
  const insert = shop.prepare('INSERT INTO orders VALUES (?, ?, ?, ?)');
  for (let id = 1; id <= 7; id++) insert.run(id, `C${id}`, id * 100, `2026-01-0${id}`);
  shop.close();

  await using site = await ExampleSite.start('orders/plugins.json', { SHOP_URL: `sqlite:${file}` });
  const window = { since: '2026-01-03', batchSize: 2 };
  for (const time of ['first', 'second']) {
    const { state, result, error } = await site.run('import_orders', window);
    expect({ time, state, result, error }).toEqual({
      time,
      state: 'success',
      result: { imported: 5 },
    });
  }
  expect(site.parts.installation.registry.get('import_orders')).toMatchObject({
    retry: { maxRetries: 8 },
    hardLimitMs: 600_000,
  });
  const wrong = site.parts.dispatcher.dispatch('import_orders', { since: 'yesterday' });
  await expect(wrong).rejects.toMatchObject({ code: 'SKEP_PAYLOAD_INVALID' });
});

test('month end: services, calls, dispatch from a task, retries by class', async () => {
  await using site = await ExampleSite.start('guide/plugins.json');
  expect(await site.run('close_month')).toMatchObject({ state: 'success', result: { total: 360 } });
  const everybody = await site.run('bill_everybody', [{ customer: 'Ada', net: 10 }]);
  expect(everybody).toMatchObject({ result: { dispatched: 1 } });
  const [billed] = await site.parts.broker.list({ task: 'bill_customer', limit: 1 });
  expect(billed).toMatchObject({ queue: 'billing', triggeredBy: 'task bill_everybody' });
  expect(await site.parts.broker.waitForFinal(billed?.id ?? '')).toMatchObject({
    state: 'success',
    result: { customer: 'Ada', gross: 12 },
  });
  expect(await site.run('bill_customer', { customer: 'Croesus', net: 2_000_000 })).toMatchObject({
    state: 'failed',
    attempt: 1,
    error: { code: 'RangeError' },
  });
  const statements = await site.run('send_statements');
  const { ids } = statements.result as { ids: string[] };
  const sent = await Promise.all(ids.map((id) => site.parts.broker.waitForFinal(id)));
  expect(sent.map(({ result }) => result)).toEqual([
    { month: '2026-02', copies: 1 },
    { month: '2026-03', copies: 2 },
  ]);
  expect(site.lines.map(({ message }) => message)).toEqual(
    expect.arrayContaining(['ready to bill', 'month unlocked', 'billed']),
  );
});

test('services: a repository, a singleton with a config, factories', async () => {
  await using site = await ExampleSite.start('services/plugins.json');
  const first = await site.run('send_invoices');
  expect(first).toMatchObject({
    state: 'success',
    result: { title: `invoices of ${first.id}`, lines: ['sent 1', 'sent 2'] },
  });
  const second = await site.run('send_invoices');
  expect(second.result).toEqual({ title: `invoices of ${second.id}`, lines: [] });
  const sent = readFileSync(join(site.folder.path, 'invoices.txt'), 'utf8');
  expect(sent).toBe('invoice 1: 120\ninvoice 2: 60\n');
});

test('limits: two isolated tasks in threads, with limits of the configuration', async () => {
  await using site = await ExampleSite.start('limits/plugins.json');
  expect(await site.run('shrink_image', [1, 2, 3])).toMatchObject({
    state: 'success',
    result: { kept: 2, thread: expect.any(Number) },
  });
  expect(await site.run('parse_upload', 'a\nb')).toMatchObject({ result: { lines: 2 } });
  expect(site.parts.installation.registry.get('shrink_image')).toMatchObject({
    isolated: true,
    hardLimitMs: 45_000,
  });
  const watching = site.lines.filter(({ message }) => message === 'watching the upload folder');
  expect(watching).toHaveLength(1);
});
