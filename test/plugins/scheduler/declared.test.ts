// Declared schedules: what boot refuses, how the words of code and configuration come together, and how boots bring them
// up to date.
import { z } from 'zod';
import { installationCheck } from '../../../src/core/host/installation-check.js';
import type { TaskOverride } from '../../../src/core/tasks/option-schemas.js';
import { TaskRegistry } from '../../../src/core/tasks/registry.js';
import type { TaskClass } from '../../../src/core/tasks/task-class.js';
import { Schedule, Task } from '../../../src/index.js';
import { checkDeclared } from '../../../src/plugins/scheduler/declared.js';
import { errorOf, onBothEngines } from '../../datasources/support.js';
import { type Runtime, runtimeOn, scheduled, scheduledWith, TestClock } from './support.js';

const build = (tasks: TaskClass[], overrides: Record<string, TaskOverride> = {}) =>
  TaskRegistry.build([{ plugin: 'demo', tasks }], overrides);

describe('what boot finds wrong with schedules', () => {
  const check = (tasks: TaskClass[], overrides: Record<string, TaskOverride> = {}) => {
    const { registry, problems } = build(tasks, overrides);
    expect(problems).toEqual([]);
    const place = (path: readonly PropertyKey[]): string => `plugins.json ${path.join('.')}`;
    return installationCheck(checkDeclared).value({
      registry,
      options: { zone: 'UTC' },
      environment: {},
      place,
    });
  };

  test('everything at once, with place and remedy', async () => {
    const tasks = [
      scheduled('cron', { cron: '61 * * * *' }),
      scheduled('never', { cron: '0 0 30 2 *' }),
      scheduled('zone', { cron: '0 2 * * *', zone: 'Asia/Dubay' }),
      scheduled('ends', { every: '5m', startsAt: '2026-03-02', endsAt: '2026-03-01T00:00:00Z' }),
      scheduled('both', { cron: '0 2 * * *', every: '5m' }),
      scheduled('none', {}),
      scheduled('date', { at: 'tomorrow' }),
      scheduled('quick', { every: '250ms' }),
      scheduled('over', { cron: '0 0 1 1 *', startsAt: '2026-02-01', endsAt: '2026-03-01' }),
      scheduledWith(
        { code: 'fits', payload: z.object({ n: z.number() }) },
        { every: '5m', payload: { n: 'x' } },
      ),
      scheduled('first', { name: 'same', every: '1m' }),
      scheduled('second', { name: 'same', every: '1m' }),
    ];
    const problems = await check(tasks);
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      expect.stringMatching(
        /^SKEP_SCHEDULE_INVALID schedule "cron": cron: "61 \* \* \* \*" is no pattern: .*minute/,
      ),
      expect.stringMatching(/schedule "never": .* no day that ever comes/),
      expect.stringMatching(/there is no time zone "Asia\/Dubay"\. Did you mean "Asia\/Dubai"\?/),
      expect.stringMatching(/schedule "ends": endsAt is before startsAt/),
      expect.stringMatching(/cron and every contradict each other/),
      expect.stringMatching(/nothing says when it is due/),
      expect.stringMatching(/at: "tomorrow" is not a time in ISO 8601/),
      expect.stringMatching(/every: "250ms" is shorter than 1s/),
      expect.stringMatching(/schedule "over": it is never due/),
      expect.stringMatching(/schedule "fits": the payload of fits does not fit: n: /),
      expect.stringMatching(/the tasks first and second both have a schedule "same"/),
    ]);
    expect(problems[0]).toMatchObject({
      place: '@Schedule "cron" on class Scheduled of plugin demo',
      remedy: expect.stringContaining('skep schedules next --cron'),
    });
  });

  test('in plugins.json the place is where it stands', async () => {
    const schedule = [
      { name: 'a', cron: '0 2 * * *' },
      { name: 'b', cron: '* *' },
    ];
    expect(await check([scheduled('tuned')], { tuned: { schedule } })).toMatchObject([
      { message: expect.stringContaining('"b"'), place: 'plugins.json tasks.tuned.schedule.1' },
    ]);
  });

  test('two names alike on one class, and words that are no words', () => {
    expect(build([scheduled('twice', { every: '1m' }, { every: '2m' })]).problems).toMatchObject([
      { code: 'SKEP_SCHEDULE_INVALID', message: 'the task has two schedules named "twice"' },
    ]);
    @Schedule({ crn: '0 2 * * *' } as never)
    @Task({ code: 'misspelt' })
    class Misspelt {
      run(): void {}
    }
    expect(build([Misspelt]).problems).toMatchObject([
      { message: 'unknown key "crn". Did you mean "cron"?' },
    ]);
  });

  test('plugins.json replaces words of the schedule with the same name, and another kind replaces the kind', () => {
    const task = scheduled(
      'nightly',
      { cron: '0 2 * * *', zone: 'Africa/Cairo', payload: { full: true } },
      { name: 'noon', cron: '0 12 * * *' },
    );
    const { registry } = build([task], {
      nightly: {
        schedule: [
          { every: '6h' },
          { name: 'noon', enabled: false },
          { name: 'extra', every: '1h' },
        ],
      },
    });
    expect(registry.get('nightly').schedules).toMatchObject([
      {
        name: 'nightly',
        declared: 'config',
        options: { every: '6h', zone: 'Africa/Cairo', payload: { full: true } },
      },
      { name: 'noon', declared: 'config', options: { cron: '0 12 * * *', enabled: false } },
      { name: 'extra', declared: 'config', options: { every: '1h' } },
    ]);
    expect(registry.get('nightly').schedules[0]?.options).not.toHaveProperty('cron');
  });
});

onBothEngines('declared schedules over boots', (engine) => {
  const clock = new TestClock();
  const open: Runtime[] = [];
  const boot = async (...tasks: TaskClass[]): Promise<Runtime> => {
    const runtime = await runtimeOn(engine, clock, tasks);
    open.push(runtime);
    await runtime.boot();
    return runtime;
  };
  const states = async ({ schedules }: Runtime): Promise<string[]> =>
    (await schedules.list()).map(({ name, state, expression }) => `${name} ${state} ${expression}`);

  beforeEach(() => clock.set('2026-03-02T10:00:00Z'));
  afterEach(async () => {
    await open[0]?.query('DELETE FROM schedule');
    for (const runtime of open.splice(0)) await runtime.close();
  });

  test('before any boot they are listed as new; a command that changes one brings it in first', async () => {
    const runtime = await runtimeOn(engine, clock, [scheduled('fresh', { cron: '0 12 * * *' })]);
    open.push(runtime);
    expect(await runtime.schedules.list()).toMatchObject([
      { name: 'fresh', state: 'new', nextFireAt: Date.parse('2026-03-02T12:00:00Z') },
    ]);
    expect(await runtime.schedules.pause('fresh')).toMatchObject({ state: 'paused' });
    await runtime.boot();
    expect(await states(runtime)).toEqual(['fresh paused 0 12 * * *']);
  });

  test('a pause stays over a boot, also when the schedule is declared otherwise; what is as declared is left alone', async () => {
    const first = await boot(
      scheduled('kept', { cron: '0 12 * * *' }),
      scheduled('other', { every: '1h' }),
    );
    await first.schedules.pause('kept');
    const version = () =>
      first.query<{ version: number }>('SELECT version FROM schedule ORDER BY name');
    const before = await version();
    await boot(scheduled('kept', { cron: '0 12 * * *' }), scheduled('other', { every: '1h' }));
    expect(await version()).toEqual(before);
    const changed = await boot(
      scheduled('kept', { cron: '0 13 * * *' }),
      scheduled('other', { every: '2h' }),
    );
    expect(await states(changed)).toEqual(['kept paused 0 13 * * *', 'other active 2h']);
    expect((await changed.schedules.get('kept')).nextFireAt).toBeUndefined();
    expect(await changed.schedules.resume('kept')).toMatchObject({
      state: 'active',
      nextFireAt: Date.parse('2026-03-02T13:00:00Z'),
    });
  });

  test('new words that do not touch the times leave the next time as it is', async () => {
    await boot(scheduled('steady', { every: '1h' }));
    clock.set('2026-03-02T11:30:00Z');
    const again = await boot(scheduled('steady', { every: '1h', maxInstances: 2 }));
    // Due since 11:00, and not forgotten.
    expect(await again.schedules.get('steady')).toMatchObject({
      maxInstances: 2,
      nextFireAt: Date.parse('2026-03-02T11:00:00Z'),
    });
  });

  test('what is no longer declared goes; what was made at run time, or is of another installation, stays', async () => {
    const first = await boot(
      scheduled('mine', { name: 'a', every: '1h' }, { name: 'b', every: '1h' }),
    );
    await first.schedules.create({ name: 'made', task: 'mine', every: '1h' });
    await boot(scheduled('theirs', { name: 'c', every: '1h' }));
    const last = await boot(scheduled('mine', { name: 'b', every: '1h' }));
    expect(await states(last)).toEqual(['b active 1h', 'c active 1h', 'made active 1h']);
  });

  test('two that boot at one time do not hurt each other', async () => {
    const task = scheduled('both', { every: '1h' }, { name: 'more', every: '2h' });
    const runtimes = [
      await runtimeOn(engine, clock, [task]),
      await runtimeOn(engine, clock, [task]),
    ];
    open.push(...runtimes);
    await Promise.all(runtimes.map((runtime) => runtime.boot()));
    expect(await states(runtimes[0] as Runtime)).toEqual(['both active 1h', 'more active 2h']);
  });

  test('what is asked for at run time is checked like a declaration, and nothing is changed by a refusal', async () => {
    const runtime = await boot(scheduled('base', { every: '1h' }));
    const { schedules } = runtime;
    const made = (options: object) =>
      errorOf(() => schedules.create({ name: 'x', task: 'base', ...options }));
    expect(await made({ cron: '99 * * * *' })).toMatchObject({ code: 'SKEP_SCHEDULE_INVALID' });
    expect(await made({ task: 'bas', every: '1h' })).toMatchObject({
      code: 'SKEP_TASK_UNKNOWN',
      message: 'there is no task "bas". Did you mean "base"?',
    });
    expect(await made({ name: 'base', every: '1h' })).toMatchObject({
      message: 'schedule "base": there is one with this name already',
    });
    expect(await made({ name: 'no spaces', every: '1h' })).toMatchObject({
      code: 'SKEP_SCHEDULE_INVALID',
    });
    expect(await errorOf(() => schedules.get('bse'))).toMatchObject({
      code: 'SKEP_SCHEDULE_UNKNOWN',
      message: 'there is no schedule "bse". Did you mean "base"?',
    });
    expect(await errorOf(() => schedules.remove('base'))).toMatchObject({
      message: 'schedule "base": it is declared in the code of its task',
    });
    expect(await states(runtime)).toEqual(['base active 1h']);
  });

  test('run dispatches now, with its payload, on record and beside its times', async () => {
    const runtime = await boot(scheduled('now', { every: '1h', payload: { n: 7 } }));
    const { id } = await runtime.schedules.run('now', 'a person');
    const rows = await runtime.query(
      `SELECT task, payload, schedule, scheduled_for, triggered_by FROM execution WHERE id = '${id}'`,
    );
    expect(rows).toEqual([
      {
        task: 'now',
        payload: '{"n":7}',
        schedule: 'now',
        scheduled_for: null,
        triggered_by: 'a person',
      },
    ]);
  });
});
