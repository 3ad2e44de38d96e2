// The pruner: what is final and old enough goes, with its attempts; nothing else does.
import type { FinalState } from '../../../../src/core/execution.js';
import { Task, Tracked } from '../../../../src/core/tasks/decorators.js';
import { trackingOptions } from '../../../../src/plugins/tracking/options.js';
import { Pruner } from '../../../../src/plugins/tracking/roles/pruner.js';
import { Retention } from '../../../../src/plugins/tracking/roles/retention.js';
import { columnTime } from '../../../../src/plugins/tracking/store/rows.js';
import { onBothEngines } from '../../../datasources/support.js';
import { fixedSeams, registryOf, rememberingLogger } from '../../../support/harness.js';
import { until } from '../../../support/until.js';
import { TrackedWorld } from './world.js';

@Task({ code: 'short' })
@Tracked({ retention: '1h' })
class Short {
  run(): void {}
}
@Task({ code: 'long' })
@Tracked({ retention: '1000d' })
class Long {
  run(): void {}
}
@Task({ code: 'plain' })
@Tracked()
class Plain {
  run(): void {}
}

const hour = 3_600_000;
const day = 24 * hour;
const registry = registryOf(Short, Long, Plain);
const retention = new Retention(
  trackingOptions.parse({ retention: '10d', retentionByState: { failed: '20d' } }),
  registry,
);

describe('the time to keep', () => {
  it('is that of the task, else that of the state, else the default', () => {
    expect(retention.of('short', 'failed')).toBe(hour);
    expect(retention.of('plain', 'failed')).toBe(20 * day);
    expect(retention.of('plain', 'success')).toBe(10 * day);
    expect(retention.of('long', 'success')).toBe(1_000 * day);
    expect(retention.of('gone from the registry', 'success')).toBe(10 * day);
    expect(retention.all).toEqual([hour, 10 * day, 20 * day, 1_000 * day]);
  });
});

onBothEngines('the pruner', (engine) => {
  let world: TrackedWorld;
  let now = Date.UTC(2026, 3, 1);
  beforeAll(async () => {
    world = await TrackedWorld.open(engine);
  });
  afterEach(() => world.clear());
  afterAll(() => world.close());

  /** Without pauses between batches, unless it is to be met in the midst of its work. */
  function pruner(pauseFactor = 0) {
    const { logger, lines } = rememberingLogger();
    const seams = fixedSeams({ now: () => now });
    const role = new Pruner({ database: world.database, retention, logger, seams, pauseFactor });
    return { role, lines };
  }

  /** Rows of executions that ended so long ago, each with two attempts; without a time, ones that did not end. */
  async function executions(
    prefix: string,
    count: number,
    { task = 'plain', status = 'success' as FinalState | 'running' | 'moonrise', agoMs = 0 },
  ): Promise<void> {
    const ended = status === 'running' ? null : columnTime(now - agoMs);
    const ids = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
    await insert(
      'execution (id, task, status, queue, priority, triggered_by, created_at, available_at, completed_at)',
      ids.map((id) => {
        const [createdAt, availableAt] = [columnTime(0), columnTime(0)];
        return [id, task, status, 'default', 'normal', 'test', createdAt, availableAt, ended];
      }),
    );
    await insert(
      'execution_attempt (execution_id, attempt, fence, worker, started_at, outcome)',
      ids.flatMap((id) => [1, 2].map((attempt) => [id, attempt, 1, 'w', columnTime(0), 'success'])),
    );
  }
  /** Rows into a table, many in a statement. */
  async function insert(into: string, rows: readonly (readonly unknown[])[]): Promise<void> {
    for (let from = 0; from < rows.length; from += 500) {
      const some = rows.slice(from, from + 500);
      const places = some.map((row) => `(${row.map(() => '?').join()})`).join();
      await world.query(`INSERT INTO ${into} VALUES ${places}`, some.flat());
    }
  }
  const left = async (): Promise<string[]> =>
    (await world.query<{ id: string }>('SELECT id FROM execution ORDER BY id')).map(({ id }) => id);
  const attempts = async (): Promise<number> =>
    Number((await world.query<{ n: number }>('SELECT count(*) AS n FROM execution_attempt'))[0]?.n);

  it('forgets what is older than its time, by task and by state, with its attempts', async () => {
    const old = { agoMs: 15 * day };
    await executions('a-success', 2, old);
    await executions('b-failed', 1, { ...old, status: 'failed' });
    await executions('c-long', 1, { ...old, task: 'long' });
    await executions('d-short', 1, { task: 'short', agoMs: 2 * hour });
    await executions('e-short-young', 1, { task: 'short', agoMs: hour / 2 });
    await executions('f-young', 1, { agoMs: 9 * day });
    await executions('g-running', 1, { status: 'running', task: 'short' });
    const { role, lines } = pruner();
    await role.round();
    const kept = ['b-failed-0', 'c-long-0', 'e-short-young-0', 'f-young-0', 'g-running-0'];
    expect(await left()).toEqual(kept);
    expect(await attempts()).toBe(2 * kept.length);
    expect(lines).toMatchObject([{ level: 'info', fields: { count: 3 } }]);
  });

  it('goes on where it was: what was kept for longer goes when its time has come', async () => {
    await executions('failed', 1, { status: 'failed', agoMs: 15 * day });
    await executions('young', 1, { agoMs: day });
    const { role } = pruner();
    await role.round();
    expect(await left()).toEqual(['failed-0', 'young-0']);
    now += 6 * day;
    await role.round();
    expect(await left()).toEqual(['young-0']);
    now += 6 * day;
    await role.round();
    expect(await left()).toEqual([]);
  });

  it('finds what ended long ago and was recorded after it had passed', async () => {
    await executions('first', 1, { agoMs: 11 * day });
    const { role } = pruner();
    await role.round();
    await executions('late', 1, { agoMs: 20 * day });
    await role.round();
    expect(await left()).toEqual(['late-0']);
    now += day + 1;
    await role.round();
    expect(await left()).toEqual([]);
  });

  it('takes more than one batch, also where many ended at one time', async () => {
    await executions('many', 1_200, { agoMs: 11 * day });
    await executions('kept', 600, { task: 'long', agoMs: 12 * day });
    await pruner().role.round();
    const ids = await left();
    expect(ids).toHaveLength(600);
    expect(ids.every((id) => id.startsWith('kept'))).toBe(true);
  });

  it('several at once hinder nobody', async () => {
    await executions('many', 1_100, { agoMs: 11 * day });
    const all = Array.from({ length: 3 }, () => pruner());
    await Promise.all(all.map(({ role }) => role.round()));
    // One that met another has left the rest to it.
    expect(await left()).toEqual([]);
    const forgotten = all.flatMap(({ lines }) => lines.map(({ fields }) => Number(fields.count)));
    expect(forgotten.reduce((sum, count) => sum + count, 0)).toBe(1_100);
    expect(all.flatMap(({ lines }) => lines).every(({ level }) => level === 'info')).toBe(true);
  });

  it('can be stopped before it began, twice, and in the middle of much work', async () => {
    const unused = pruner().role;
    await unused.stop();
    await executions('many', 1_600, { agoMs: 11 * day });
    unused.start();
    const { role, lines } = pruner(6);
    role.start();
    await until(async () => (await left()).length < 1_600);
    await Promise.all([role.stop(), role.stop()]);
    expect((await left()).length % 100).toBe(0);
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('forgets what is old beside damaged rows', async () => {
    const old = { agoMs: 15 * day };
    await executions('a-odd-state', 1, old);
    await executions('b-no-json', 1, old);
    await executions('c-old', 2, old);
    await world.query("UPDATE execution SET status = 'moonrise' WHERE id = 'a-odd-state-0'");
    await world.query("UPDATE execution SET payload = '{', result = '{' WHERE id = 'b-no-json-0'");
    if (engine.dialect === 'sqlite') {
      await executions('d-no-time', 1, old);
      await world.query("UPDATE execution SET completed_at = 'yesterday' WHERE id = 'd-no-time-0'");
    }
    const { role, lines } = pruner();
    await role.round();
    // What nobody can say the age or the state of is kept.
    const kept = ['a-odd-state-0', ...(engine.dialect === 'sqlite' ? ['d-no-time-0'] : [])];
    expect(await left()).toEqual(kept);
    expect(lines.filter(({ level }) => level === 'info')).toMatchObject([{ fields: { count: 3 } }]);
  });

  it('names once what it keeps for ever because nobody knows its state', async () => {
    const old = { agoMs: 15 * day };
    await executions('odd', 12, old);
    await executions('old', 1, old);
    await executions('own-retention', 1, { task: 'short', agoMs: 2 * hour });
    await world.query("UPDATE execution SET status = 'moonrise' WHERE id NOT LIKE 'old%'");
    const { role, lines } = pruner();
    await role.round();
    // The task says how long, whatever the state.
    expect(await left()).toHaveLength(12);
    const named = () => lines.filter(({ level }) => level === 'warn');
    expect(named()).toMatchObject([
      {
        message: 'executions that ended in no state that this version knows are kept',
        fields: { count: 12, states: ['moonrise'], examples: expect.any(Array) },
      },
    ]);
    // Not again for the other times to keep, nor in the rounds and days to come.
    await role.round();
    now += day + 1;
    await role.round();
    expect(named()).toHaveLength(1);
    await executions('later', 1, { agoMs: day, status: 'moonrise' });
    await role.round();
    expect(named()).toMatchObject([{}, { fields: { count: 1, examples: ['later-0'] } }]);
  });
});
