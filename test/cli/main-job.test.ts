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
  const linesOf = (text: string): Record<string, unknown>[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  const { summary } = JSON.parse(await run('start', '--once'));
  for (const execution of summary) {
    expect(JSON.parse(await run('executions', 'show', execution.id))).toEqual(execution);
  }
  expect(summary).toMatchObject(
    tasks.map((task) => ({ task, state: 'success', tracked: true, attempts: [{}] })),
  );
  const schedules = linesOf(await run('schedules', 'list'));
  expect(new Map(schedules.map(({ task, cron }) => [task, cron]))).toEqual(
    new Map([
      ['hris_replication', '0 2 * * *'],
      ['sync_attendance', '*/5 * * * *'],
      ['calculate_compliance', '2-59/5 * * * *'],
    ]),
  );
}, 240_000);
