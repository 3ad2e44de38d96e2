// The main job as this repository has it, which is what `npm start` runs: on record, summed up from there, and by schedule.
import { readFileSync } from 'node:fs';
import { site, skep } from '../support/skep.js';

const config = JSON.parse(readFileSync(new URL('../../plugins.json', import.meta.url), 'utf8'));
const tasks = ['hris_replication', 'sync_attendance', 'calculate_compliance'];

test('its tasks are tracked, its summary is their record, and each has its schedule', async () => {
  using folder = site(config);
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await skep(folder, [...args, '--json']);
    expect([args, code, stderr]).toEqual([args, 0, expect.any(String)]);
    return stdout;
  };
  const { summary } = JSON.parse(await run('start', '--once'));
  for (const execution of summary) {
    expect(JSON.parse(await run('executions', 'show', execution.id))).toEqual(execution);
  }
  expect(summary).toMatchObject(
    tasks.map((task) => ({ task, state: 'success', tracked: true, attempts: [{}] })),
  );
  const schedules = JSON.parse(await run('schedules', 'list'));
  const nightly = { task: 'hris_replication', expression: '0 2 * * *' };
  const often = { task: 'sync_attendance', expression: '*/5 * * * *' };
  const after = { task: 'calculate_compliance', expression: '2-59/5 * * * *' };
  expect(schedules).toHaveLength(3);
  for (const each of [nightly, often, after]) {
    expect(schedules).toContainEqual(expect.objectContaining({ ...each, enabled: true }));
  }
}, 240_000);
