// The examples of docs/guide/flow-control.md, run.
import { ExampleSite } from './example-site.js';

const invoice = { customer: 'C1', number: 7 };

test('what the tasks say and plugins.json replaces', async () => {
  await using site = await ExampleSite.start('flow-control/plugins.json');
  const { registry } = site.parts.installation;
  expect(registry.get('collect')).toMatchObject({
    queue: 'bank',
    flow: { concurrency: 4, rate: { count: 300, windowMs: 60_000 } },
  });
  expect(registry.get('remind')).toMatchObject({ priority: 'low', expiresMs: 172_800_000 });
  expect(await site.run('collect', invoice)).toMatchObject({ result: { collected: 'C1-7' } });
});

test('a task dispatches with priority, delay and expiry; a duplicate is the one before, or refused', async () => {
  await using site = await ExampleSite.start('flow-control/plugins.json');
  const { broker, dispatcher } = site.parts;
  // Held back, so that it is unfinished while it is asked for again.
  await broker.pause('default:high');
  const held = await dispatcher.dispatch('refresh_customer', invoice, { priority: 'high' });
  const first = await dispatcher.dispatch('work_through', invoice, { priority: 'normal' });
  expect(await broker.waitForFinal(first.id)).toMatchObject({
    state: 'success',
    result: { refresh: held.id, reminded: true },
  });
  const second = await dispatcher.dispatch(
    'work_through',
    { ...invoice, number: 8 },
    { priority: 'normal' },
  );
  // Another number is another payload to remind of, and the same customer to refresh.
  expect(await broker.waitForFinal(second.id)).toMatchObject({
    result: { refresh: held.id, reminded: true },
  });
  const third = await dispatcher.dispatch('work_through', invoice, { priority: 'normal' });
  expect(await broker.waitForFinal(third.id)).toMatchObject({
    result: { refresh: held.id, reminded: false },
  });
  await broker.resume('default:high');
  expect(await held.wait()).toMatchObject({ state: 'success', result: { refreshed: 'C1' } });
  const [collecting] = await broker.list({ task: 'collect', limit: 1 });
  expect(await broker.waitForFinal(collecting?.id ?? '')).toMatchObject({
    queue: 'bank',
    triggeredBy: 'task work_through',
    state: 'success',
  });
});
