// The reconciler: what is on record and in no queue goes on, whoever lost it; what goes on elsewhere is left alone.
import { randomUUID } from 'node:crypto';
import type { Broker } from '../../../../src/core/ports/broker.js';
import { columnTime, databaseTimeAfter } from '../../../../src/plugins/tracking/store/rows.js';
import { noTimes } from '../../../support/damage.js';
import { entry, final, idOf, report } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { onBothStacks, type TestedProcess, TrackedWorld } from './world.js';

const hour = 3_600_000;

onBothStacks('the reconciler', (engine, queue) => {
  let world: TrackedWorld;
  let broker: Broker;
  let one: TestedProcess;
  const processes: TestedProcess[] = [];
  beforeEach(async () => {
    world = await TrackedWorld.open(engine);
    await restart();
  });
  afterEach(async () => {
    for (const each of processes.splice(0)) {
      await each.reconciler.stop();
      await each.store.close();
    }
    await world.clear();
    await world.close();
  });

  async function restart(worker?: string): Promise<void> {
    broker = await queue().open();
    one = world.process(broker, worker === undefined ? {} : { worker });
    processes.push(one);
  }
  /** The queue loses its memory; where that needs another process, that is one. */
  async function loseQueue(): Promise<void> {
    await queue().lose();
    if (engine.dialect === 'sqlite') await restart();
  }
  const row = async (id: string) =>
    (await world.query(`SELECT * FROM execution WHERE id = '${id}'`))[0] ?? {};
  const attempts = (id: string) =>
    world.query(`SELECT * FROM execution_attempt WHERE execution_id = '${id}' ORDER BY attempt`);
  async function beat(worker: string, { startedAt = 0, agoMs = 0 } = {}): Promise<void> {
    const values = [worker, columnTime(startedAt), columnTime(Date.now() - agoMs)];
    await world.query(
      `INSERT INTO worker (id, host, pid, version, started_at, beat_at) VALUES (?, 'h', 1, '0', ?, ?)`,
      values,
    );
  }
  /**
   * Meanwhile every worker has been silent for exactly so long, whenever the database is asked: a pause of this process does
   * not add to it.
   */
  async function whileSilentFor(ms: number, work: () => Promise<void>): Promise<void> {
    const beatAt = databaseTimeAfter(engine.dialect, -ms);
    await world.query('ALTER TABLE worker RENAME TO worker_rows');
    await world.query(
      `CREATE VIEW worker AS SELECT id, host, pid, version, started_at, ${beatAt} AS beat_at FROM worker_rows`,
    );
    try {
      await work();
    } finally {
      await world.query('DROP VIEW worker');
      await world.query('ALTER TABLE worker_rows RENAME TO worker');
    }
  }

  describe('of what waits', () => {
    it('queues again what the queue has lost, with what is on record of it', async () => {
      const ids = await one.dispatch(5, { queue: 'mail:low', payload: { n: 1 } });
      await loseQueue();
      expect(await one.reconcile()).toBe(2);
      expect(await broker.holds(ids)).toEqual(new Set(ids));
      const inbox = new Inbox();
      await broker.consume({ lanes: ['mail:low'], concurrency: 5, ...inbox });
      const delivery = await inbox.next();
      expect(delivery.raw).toMatchObject({ payload: { n: 1 }, attempt: 1, tracked: true });
      const message = 'executions that the queue had lost were queued again';
      expect(one.lines).toMatchObject([{ message, fields: { count: 5 } }]);
      expect(ids).toContain(one.lines[0]?.fields.example);
    });

    it('looks twice: what was under way at the first look is left alone', async () => {
      const [id = ''] = await one.dispatch(1);
      await loseQueue();
      await one.reconciler.round();
      expect(await broker.holds([id])).toEqual(new Set());
      // It has gone on meanwhile.
      const run = await one.begin(id);
      await one.reconciler.round();
      expect(await broker.holds([id])).toEqual(new Set());
      await one.store.final(run, 'success', report());
      await one.reconcile();
      expect(await broker.holds([id])).toEqual(new Set());
      expect(one.messages()).toEqual([]);
    });

    it('leaves alone what the queue holds', async () => {
      await one.dispatch(3);
      expect(await one.reconcile()).toBe(1);
      expect(one.messages()).toEqual([]);
    });

    it('has a retry wait for its time', async () => {
      const [id = ''] = await one.dispatch(1);
      const run = await one.begin(id);
      const nextAttemptAt = Math.floor(Date.now() / 1_000) * 1_000 + hour;
      await one.store.retrying(run, report(), nextAttemptAt);
      await loseQueue();
      await one.reconcile();
      expect(await broker.find(id)).toMatchObject({ availableAt: nextAttemptAt });
      expect(await broker.queues()).toMatchObject([{ delayed: 1, waiting: 0 }]);
      expect(await row(id)).toMatchObject({ status: 'retrying', retries: 1 });
    });

    it('brings thousands back without waiting between them', async () => {
      const ids = await one.dispatch(2_600);
      await loseQueue();
      expect(await one.reconcile()).toBe(2);
      const [counted] = await broker.queues();
      expect(counted).toMatchObject({ waiting: ids.length });
    });

    it('goes round: what is behind a long queue that is in order comes to its turn', async () => {
      await one.dispatch(2_100);
      const lost = entry({ tracked: true });
      await one.store.pending([lost]);
      await one.markQueued([idOf(lost)]);
      await one.reconcile();
      expect(await broker.holds([idOf(lost)])).toEqual(new Set());
      await one.reconcile();
      expect(await broker.holds([idOf(lost)])).toEqual(new Set([idOf(lost)]));
    });

    it('several at once queue each once and hinder nobody', async () => {
      const ids = await one.dispatch(700);
      await loseQueue();
      const others =
        engine.dialect === 'sqlite'
          ? [world.process(broker)]
          : [world.process(await queue().open()), world.process(await queue().open())];
      processes.push(...others);
      await Promise.all([one, ...others].map((each) => each.reconcile()));
      expect(await broker.queues()).toMatchObject([{ waiting: ids.length, active: 0, delayed: 0 }]);
      const said = [one, ...others].flatMap((each) => each.messages());
      expect(new Set(said)).toEqual(
        new Set(['executions that the queue had lost were queued again']),
      );
    });

    it('ends a duplicate whose key another has taken meanwhile', async () => {
      const unique = { key: `noop:${randomUUID()}` };
      const [lost = ''] = await one.dispatch(1, { unique });
      await loseQueue();
      const [holder = ''] = await one.dispatch(1, { unique });
      await one.reconcile();
      expect(await broker.holds([lost, holder])).toEqual(new Set([holder]));
      expect(await row(lost)).toMatchObject({ status: 'skipped', error_code: 'SKEP_DUPLICATE' });
    });

    it('records the end that the queue remembers and the record does not', async () => {
      const [id = ''] = await one.dispatch(1);
      const inbox = new Inbox();
      const consumer = await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
      await (await inbox.next()).settle(final('success', { result: { rows: 7 } }));
      await consumer.stop();
      await one.reconcile();
      expect(await row(id)).toMatchObject({ status: 'success', result: '{"rows":7}' });
      expect(one.messages()).toEqual([
        'executions that had ended without being recorded were recorded',
      ]);
    });
  });

  describe('of what is pending', () => {
    it('queues what a dispatcher has left behind, when it is old enough', async () => {
      const left = entry({ tracked: true });
      await one.store.pending([left]);
      await one.reconcile();
      expect(await broker.holds([idOf(left)])).toEqual(new Set());
      await world.age('created_at', 11);
      await one.reconciler.round();
      expect(await broker.holds([idOf(left)])).toEqual(new Set());
      await one.reconciler.round();
      expect(await broker.holds([idOf(left)])).toEqual(new Set([idOf(left)]));
      await one.markQueued([idOf(left)]);
      expect(await one.reconcile()).toBe(1);
      expect(one.messages()).toEqual(['executions whose dispatch was cut short were queued']);
    });

    it('records that it is queued where the queue has it', async () => {
      const left = entry({ tracked: true });
      await one.store.pending([left]);
      await broker.enqueue([left]);
      await world.age('created_at', 11);
      await one.reconciler.round();
      await one.reconciler.round();
      await one.store.close();
      expect(await row(idOf(left))).toMatchObject({ status: 'queued' });
      expect(await broker.queues()).toMatchObject([{ waiting: 1 }]);
    });

    it('leaves what stands in the outbox to the relay', async () => {
      const waiting = entry({ tracked: true });
      await world.transaction((manager) => one.store.pendingWithin(manager, [waiting]));
      await world.age('created_at', 11);
      await one.reconcile();
      expect(await broker.holds([idOf(waiting)])).toEqual(new Set());
    });
  });

  describe('of what runs', () => {
    const gone = { worker: 'gone:1' };
    /** A run of a process that is not there any more. */
    async function abandonedRun(startedAt = Date.now()) {
      const [id = ''] = await one.dispatch(1);
      const other = world.process(broker, gone);
      processes.push(other);
      const run = await other.begin(id, { startedAt });
      return { id, run, other };
    }
    /** A run of `skep run`, which no queue knows. */
    async function onlyAttempt(startedAt = Date.now()) {
      const pending = entry({ tracked: true, onlyAttempt: true });
      const other = world.process(broker, gone);
      processes.push(other);
      await other.store.pending([pending]);
      const id = idOf(pending);
      return { id, run: await other.begin(id, { startedAt }) };
    }
    const lookTwice = async (): Promise<void> => {
      await one.settle();
      await one.reconciler.round();
    };

    it('counts a crash and queues it again when worker and queue have lost it', async () => {
      const { id, run } = await abandonedRun();
      await loseQueue();
      await lookTwice();
      expect(await row(id)).toMatchObject({ status: 'queued', crashes: 1, attempts: 1 });
      expect(await attempts(id)).toMatchObject([
        { attempt: 1, outcome: 'crashed', worker: 'gone:1', fence: run.fence },
      ]);
      const inbox = new Inbox();
      await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
      expect((await inbox.next()).raw).toMatchObject({ id, attempt: 1, crashes: 1 });
      await one.begin(id, { attempt: 2 });
      expect(await attempts(id)).toHaveLength(1);
      expect(one.messages()).toEqual([
        'runs died with their worker, and the queue had lost them; queued again',
      ]);
    });

    it('refuses what the dead run says when it was only frozen', async () => {
      const { id, run, other } = await abandonedRun();
      await loseQueue();
      await lookTwice();
      expect(await other.store.final(run, 'success', report())).toEqual({ kind: 'superseded' });
      expect(await row(id)).toMatchObject({ status: 'queued', crashes: 1 });
    });

    it('fails what `skep run` began when its process has been silent for five minutes, and no earlier', async () => {
      const { id, run } = await onlyAttempt();
      await beat('gone:1');
      await whileSilentFor(300_000, lookTwice);
      expect(await row(id)).toMatchObject({ status: 'running' });
      await whileSilentFor(300_001, lookTwice);
      expect(await row(id)).toMatchObject({
        status: 'failed',
        error_code: 'SKEP_RUN_DIED',
        worker: 'gone:1',
      });
      expect(await attempts(id)).toMatchObject([
        { attempt: 1, outcome: 'failed', fence: run.fence, error_code: 'SKEP_RUN_DIED' },
      ]);
      expect(await broker.holds([id])).toEqual(new Set());
      expect(one.messages()).toEqual([
        'runs of `skep run` died with their process; recorded as failed',
      ]);
    });

    it('gives `skep run` without a heartbeat the same time from its beginning', async () => {
      const fresh = await onlyAttempt();
      const old = await onlyAttempt(Date.now() - hour);
      await lookTwice();
      expect(await row(fresh.id)).toMatchObject({ status: 'running' });
      expect(await row(old.id)).toMatchObject({ status: 'failed', error_code: 'SKEP_RUN_DIED' });
    });

    it('fails what `skep run` recorded and did not begin, and queues it never', async () => {
      const left = entry({ tracked: true, onlyAttempt: true });
      await one.store.pending([left]);
      await world.age('created_at', 11);
      await one.reconciler.round();
      await one.reconciler.round();
      expect(await row(idOf(left))).toMatchObject({
        status: 'failed',
        error_code: 'SKEP_RUN_DIED',
      });
      expect(await broker.holds([idOf(left)])).toEqual(new Set());
    });

    it('leaves alone what the queue still holds, however old it is', async () => {
      const { id } = await abandonedRun(Date.now() - 24 * hour);
      await lookTwice();
      expect(await row(id)).toMatchObject({ status: 'running', crashes: 0 });
    });

    it('leaves alone what a living worker runs, however old it is', async () => {
      const { id } = await abandonedRun(Date.now() - 24 * hour);
      await beat('gone:1', { startedAt: Date.now() - 25 * hour });
      await loseQueue();
      await lookTwice();
      expect(await row(id)).toMatchObject({ status: 'running', crashes: 0 });
    });

    it('takes a worker for gone that has been silent for 15 s, and no earlier', async () => {
      const { id } = await abandonedRun();
      await beat('gone:1');
      await loseQueue();
      await whileSilentFor(15_000, lookTwice);
      expect(await row(id)).toMatchObject({ status: 'running' });
      await whileSilentFor(15_001, lookTwice);
      expect(await row(id)).toMatchObject({ status: 'queued', crashes: 1 });
    });

    it('tells a worker from one that had its name before', async () => {
      const { id } = await abandonedRun(Date.now() - 60_000);
      await beat('gone:1', { startedAt: Date.now() - 30_000 });
      await loseQueue();
      await lookTwice();
      expect(await row(id)).toMatchObject({ status: 'queued', crashes: 1 });
    });

    it('believes silence only when the database was there all the time', async () => {
      const { id } = await abandonedRun();
      await beat('gone:1', { agoMs: 60_000 });
      await loseQueue();
      await one.reconcile();
      // As if the database, or this process, had been away for a minute.
      one.clockMs += 60_000;
      await one.reconcile();
      one.clockMs += 8_000;
      await one.reconcile();
      expect(await row(id)).toMatchObject({ status: 'running' });
      one.clockMs += 8_000;
      await one.reconcile();
      expect(await row(id)).toMatchObject({ status: 'queued', crashes: 1 });
    });

    it('leaves it when its worker speaks again before the second look', async () => {
      const { id } = await abandonedRun();
      await loseQueue();
      await one.reconcile();
      for (const _ of [1, 2]) {
        one.clockMs += 8_000;
        await one.reconciler.round();
      }
      await beat('gone:1');
      await one.reconcile();
      expect(await row(id)).toMatchObject({ status: 'running', crashes: 0 });
    });

    it('leaves it when a queue has it again before the second look', async () => {
      const { id } = await abandonedRun();
      await loseQueue();
      await one.settle();
      await broker.enqueue([entry({ id, tracked: true })]);
      await one.reconciler.round();
      expect(await row(id)).toMatchObject({ status: 'running', crashes: 0 });
    });

    it('several at once count one crash', async () => {
      const runs = [];
      for (let count = 0; count < 20; count += 1) runs.push(await abandonedRun());
      await loseQueue();
      const other = world.process(broker);
      processes.push(other);
      await Promise.all([one.settle(), other.settle()]);
      await Promise.all([one.reconcile(), other.reconcile()]);
      for (const { id } of runs) {
        expect(await row(id)).toMatchObject({ status: 'queued', crashes: 1 });
        expect(await attempts(id)).toHaveLength(1);
      }
      expect(await broker.queues()).toMatchObject([{ waiting: 20 }]);
      expect([...one.messages(), ...other.messages()].join()).not.toContain('failed');
    });
  });

  it('can be stopped before it began, twice, and in the middle', async () => {
    const ids = await one.dispatch(10);
    await loseQueue();
    const idle = world.process(broker);
    processes.push(idle);
    await idle.reconciler.stop();
    idle.reconciler.start();
    const busy = world.process(broker);
    processes.push(busy);
    busy.reconciler.start();
    await Promise.all([busy.reconciler.stop(), busy.reconciler.stop()]);
    expect(await broker.holds(ids)).toEqual(new Set());
    expect([...idle.messages(), ...busy.messages()]).toEqual([]);
  });

  it.each([
    "payload = '{'",
    "further_fields = '[1]'",
    ...noTimes(engine.dialect).flatMap((time) => [
      `available_at = ${time}`,
      `expires_at = ${time}`,
    ]),
  ])(
    'sets aside a record with %s that the queue has lost, names it once, and queues the others',
    async (damage) => {
      const [first = '', damaged = '', last = ''] = await one.dispatch(3);
      await world.damage(damaged, damage);
      await loseQueue();
      await one.reconcile();
      await one.reconcile();
      expect(await broker.holds([first, damaged, last])).toEqual(new Set([first, last]));
      expect((await world.statuses())[damaged]).toBe('quarantined');
      const named = one.lines.filter(({ message }) => message.startsWith('execution not queued'));
      expect(named).toMatchObject([{ fields: { executionId: damaged } }]);
    },
  );

  it.each(noTimes(engine.dialect))(
    'has a run go on whose worker died beside one that is damaged and began %s',
    async (time) => {
      const [damaged = '', sound = ''] = await one.dispatch(2);
      for (const id of [damaged, sound]) await one.begin(id);
      await world.damage(damaged, `payload = '{', started_at = ${time}`);
      await loseQueue();
      await one.settle();
      await one.reconcile();
      await one.reconcile();
      expect(await broker.holds([damaged, sound])).toEqual(new Set([sound]));
      expect((await world.statuses())[damaged]).toBe('quarantined');
    },
  );
});
