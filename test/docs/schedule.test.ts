// The examples of docs/guide/schedule.md, run.
import { injectionToken } from '../../src/core/tasks/inject.js';
import { Schedules } from '../../src/plugins/scheduler/index.js';
import { until } from '../support/until.js';
import { ExampleSite } from './example-site.js';

test('schedules of the code, with what plugins.json replaces, adds and switches off', async () => {
  await using site = await ExampleSite.start('schedule/plugins.json');
  const schedules = site.parts.container.resolve(injectionToken<Schedules>(Schedules));
  expect(await schedules.list()).toMatchObject([
    { name: 'read_terminals', state: 'disabled', when: 'Every 5 min' },
    {
      name: 'sales_daily',
      declared: 'config',
      expression: '0 8 * * SUN-THU',
      zone: 'Africa/Cairo',
    },
    {
      name: 'sales_weekly',
      declared: 'code',
      state: 'active',
      payload: { team: 'sales', days: 7 },
    },
    { name: 'support_daily', declared: 'config', payload: { team: 'support' } },
  ]);
});

test('a schedule that a task makes is run by the runtime, on record', async () => {
  await using site = await ExampleSite.start('schedule/plugins.json');
  const made = await site.run('subscribe', { team: 'hr', cron: '* * * * * *' });
  expect(made).toMatchObject({ state: 'success', result: { next: expect.stringMatching(/Z$/) } });
  const { executions } = site.parts;
  const ended = async () =>
    executions.list({ schedule: 'report:hr', states: ['success'], limit: 5 });
  await until(async () => (await ended()).length > 0);
  expect((await ended())[0]).toMatchObject({
    task: 'team_report',
    triggeredBy: 'subscription of hr',
    result: { team: 'hr', days: 1 },
  });
});
