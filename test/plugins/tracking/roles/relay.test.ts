// The relay: what was dispatched in a transaction is queued when that has committed, and not otherwise.
import { randomUUID } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import type { Envelope } from '../../../../src/core/envelope.js';
import type { Broker } from '../../../../src/core/ports/broker.js';
import { noTimes } from '../../../support/damage.js';
import { entry, idOf } from '../../../support/executions.js';
import { FlakyBroker } from '../../../support/flaky-broker.js';
import { Inbox } from '../../../support/inbox.js';
import { quick } from '../../../support/quick.js';
import { until } from '../../../support/until.js';
import { onBothStacks, type TestedProcess, TrackedWorld } from './world.js';

onBothStacks('the relay', (engine, queue) => {
  let world: TrackedWorld;
  let broker: Broker;
  let one: TestedProcess;
  beforeEach(async () => {
    world = await TrackedWorld.open(engine);
    broker = await queue().open();
    one = world.process(broker);
  });
  afterEach(async () => {
    await one.relay.stop();
    await one.store.close();
    await world.clear();
    await world.close();
  });

  /** Dispatches in a transaction of its own, which does `more` before it commits. */
  async function within(
    count: number,
    changes: Partial<Envelope> = {},
    more: (ids: readonly string[]) => Promise<unknown> = async () => undefined,
    availableAt = Date.now(),
  ): Promise<string[]> {
    const entries = Array.from({ length: count }, () =>
      entry({ tracked: true, ...changes }, availableAt),
    );
    const ids = entries.map(idOf);
    await world.transaction(async (manager) => {
      await one.store.pendingWithin(manager, entries);
      await more(ids);
    });
    return ids;
  }
  const outbox = async (): Promise<number> =>
    Number((await world.query<{ n: number }>('SELECT count(*) AS n FROM execution_outbox'))[0]?.n);
  const states = async (): Promise<Set<string>> => new Set(Object.values(await world.statuses()));

  it('queues the fields that this version does not know, as a newer one has recorded them', async () => {
    const newer = { lane: 'express', hints: { region: 'eu', 'a b': [1, null] } };
    const [id = ''] = await within(1, newer as Partial<Envelope>);
    await one.relay.round();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 1, ...inbox });
    expect((await inbox.next()).raw).toMatchObject({ id, ...newer });
  });

  it('queues what has committed, records that, and empties the outbox', async () => {
    const later = Date.now() + 3_600_000;
    const now = await within(3, { queue: 'mail:high', payload: { to: 'you' } });
    const [delayed = ''] = await within(1, {}, undefined, later);
    await one.relay.round();
    expect(await broker.holds([...now, delayed])).toEqual(new Set([...now, delayed]));
    expect(await broker.find(now[0] ?? '')).toMatchObject({
      queue: 'mail:high',
      payload: { to: 'you' },
      state: 'queued',
    });
    expect(await broker.find(delayed)).toMatchObject({ availableAt: later });
    expect(await outbox()).toBe(0);
    await until(async () => !(await states()).has('pending'));
    expect(await states()).toEqual(new Set(['queued']));
  });

  it('queues nothing of what is rolled back', async () => {
    const rolledBack: string[] = [];
    const failing = within(2, {}, async (ids) => {
      rolledBack.push(...ids);
      throw new Error('the business failed');
    });
    await expect(failing).rejects.toThrow('the business failed');
    await one.relay.round();
    expect(await broker.holds(rolledBack)).toEqual(new Set());
    expect(await world.statuses()).toEqual({});
  });

  it('looks by itself soon after a commit, also after one that took its time', async () => {
    one.relay.start();
    let commit = (): void => undefined;
    const mayCommit = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const slow = within(1, {}, () => mayCommit);
    const [prompt = ''] = engine.dialect === 'sqlite' ? [] : await within(1);
    if (prompt) await until(async () => (await broker.holds([prompt])).size === 1);
    commit();
    const ids = await slow;
    await until(async () => (await broker.holds(ids)).size === 1);
  });

  it('finds what a process that died has dispatched within a second, without a word from it', async () => {
    const other = world.process(await brokerOfAnother());
    other.relay.start();
    await quick(1_000, async () => {
      const ids = await within(2);
      const committedAt = performance.now();
      await until(async () => (await broker.holds(ids)).size === 2);
      return performance.now() - committedAt;
    });
    await other.relay.stop();
  });

  /** On one file of SQLite there is one process. */
  const brokerOfAnother = async (): Promise<Broker> =>
    engine.dialect === 'sqlite' ? broker : queue().open();

  it('takes up a batch that another left behind between queueing and recording', async () => {
    const ids = await within(3);
    const rows = await world.query<{ id: string }>('SELECT id FROM execution');
    // Queued by a relay that died before the outbox was emptied.
    await broker.enqueue(ids.map((id) => entry({ id, tracked: true })));
    expect(rows).toHaveLength(3);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 10, ...inbox });
    await inbox.take(3);
    await one.relay.round();
    expect(await outbox()).toBe(0);
    expect(await broker.queues()).toMatchObject([{ active: 3, waiting: 0, delayed: 0 }]);
  });

  it('passes on a few megabytes at a time, however many executions wait', async () => {
    const payload = 'x'.repeat(300_000);
    // More than it passes on at once where it does not measure.
    const ids = await within(70, { payload });
    const sizes: number[] = [];
    const counting = Object.create(broker, {
      enqueue: {
        value: (entries: Parameters<Broker['enqueue']>[0]) => {
          sizes.push(entries.length);
          return broker.enqueue(entries);
        },
      },
    }) as Broker;
    await world.process(counting).relay.round();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(70);
    // Four MiB hold thirteen of them; what is few is not measured.
    expect(sizes[0]).toBe(13);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64);
    expect(await broker.holds(ids)).toEqual(new Set(ids));
    expect(await outbox()).toBe(0);
  });

  it('shares the work with others; each execution is queued once', async () => {
    const ids = (await Promise.all(Array.from({ length: 6 }, () => within(200)))).flat();
    const other = world.process(await brokerOfAnother());
    await Promise.all([one.relay.round(), other.relay.round(), one.relay.round()]);
    expect(await outbox()).toBe(0);
    const counted = await broker.queues();
    expect(counted.reduce((sum, { waiting }) => sum + waiting, 0)).toBe(ids.length);
    expect(await broker.holds(ids)).toEqual(new Set(ids));
    expect([...one.messages(), ...other.messages()]).toEqual([]);
  });

  if (engine.dialect === 'mariadb') {
    it('neither waits for rows that another relay holds nor for those between them', async () => {
      const ids = await within(20);
      const another = await createConnection({ uri: engine.url() });
      await another.query('START TRANSACTION');
      // The first and the last: what is looked for by a scan comes across them.
      const held = [ids[0], ids[19]];
      // Left to itself the server may scan so small a table, and lock all of it.
      await another.query(
        'SELECT seq FROM execution_outbox FORCE INDEX (ix_outbox_execution) WHERE execution_id IN (?) FOR UPDATE',
        [held],
      );
      await one.relay.round();
      expect(await broker.holds(ids)).toEqual(new Set(ids.slice(1, 19)));
      await another.query('ROLLBACK');
      await another.end();
      await one.relay.round();
      expect(await broker.holds(ids)).toEqual(new Set(ids));
    });
  }

  it('leaves out what was cancelled before it was queued', async () => {
    const [cancelled = '', left = ''] = await within(2);
    const error = { code: 'SKEP_CANCELLED', message: 'cancelled' };
    await one.store.withdrawn([cancelled], error, Date.now());
    await one.relay.round();
    expect(await broker.holds([cancelled, left])).toEqual(new Set([left]));
    expect(await outbox()).toBe(0);
  });

  it('ends a duplicate of a unique task, naming the one that holds its key', async () => {
    const unique = { key: `noop:${randomUUID()}` };
    const [first = ''] = await within(1, { unique });
    await one.relay.round();
    const [second = ''] = await within(1, { unique });
    await one.relay.round();
    expect(await broker.holds([first, second])).toEqual(new Set([first]));
    const [row] = await world.query(`SELECT * FROM execution WHERE id = '${second}'`);
    expect(row).toMatchObject({ status: 'skipped', error_code: 'SKEP_DUPLICATE' });
    expect(row?.error_message).toContain(first);
    expect(row?.completed_at).not.toBeNull();
    expect(await outbox()).toBe(0);
  });

  it('sets aside a record that somebody has damaged, and queues the others', async () => {
    const [damaged = '', sound = ''] = await within(2);
    await world.query(`UPDATE execution SET payload = '{' WHERE id = '${damaged}'`);
    await one.relay.round();
    expect(await broker.holds([damaged, sound])).toEqual(new Set([sound]));
    expect((await world.statuses())[damaged]).toBe('quarantined');
  });

  const times = ['available_at', 'created_at', 'expires_at', 'scheduled_for'];
  const unreadable = noTimes(engine.dialect).flatMap((time) => [
    ...times.map((column) => `${column} = ${time}`),
    `unique_key = 'k', unique_until = ${time}`,
  ]);
  it.each(["payload = ''", ...unreadable])(
    'sets aside a record with %s, names it once, and queues the others',
    async (damage) => {
      const [first = '', damaged = '', last = ''] = await within(3);
      await world.damage(damaged, damage);
      await one.relay.round();
      await one.relay.round();
      expect(await broker.holds([first, damaged, last])).toEqual(new Set([first, last]));
      expect((await world.statuses())[damaged]).toBe('quarantined');
      expect(await outbox()).toBe(0);
      expect(one.lines.filter(({ level }) => level === 'warn')).toMatchObject([
        { message: 'execution not queued: quarantined', fields: { executionId: damaged } },
      ]);
    },
  );

  it('drops from the outbox what has no record, or a state that nobody knows, and queues the others', async () => {
    const [gone = '', odd = '', sound = ''] = await within(3);
    await world.query(`DELETE FROM execution WHERE id = '${gone}'`);
    await world.query(`UPDATE execution SET status = 'moonrise' WHERE id = '${odd}'`);
    await one.relay.round();
    expect(await broker.holds([gone, odd, sound])).toEqual(new Set([sound]));
    expect(await outbox()).toBe(0);
  });

  it('keeps all while the queue is out of reach, tells that once, and goes on', async () => {
    const flaky = new FlakyBroker(broker);
    const refused: number[] = [];
    const told = Object.create(flaky, {
      enqueue: {
        value: (entries: Parameters<Broker['enqueue']>[0]) =>
          flaky.enqueue(entries).catch((error: unknown) => {
            refused.push(entries.length);
            throw error;
          }),
      },
    }) as Broker;
    const cut = world.process(told);
    flaky.fail();
    const ids = await within(2);
    cut.relay.start();
    await until(() => cut.messages('warn').length > 0);
    const more = await within(1);
    // Its own rounds: another one beside them would pass over the rows that they hold.
    await until(() => refused.at(-1) === 3);
    expect(await outbox()).toBe(3);
    flaky.restore();
    await until(async () => (await broker.holds([...ids, ...more])).size === 3);
    await until(() => cut.messages('info').includes('the relay of dispatches goes on'));
    expect(cut.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      {
        message: 'the relay of dispatches failed, trying again',
        fields: { error: { message: expect.stringContaining('out of reach') } },
      },
    ]);
    await cut.relay.stop();
  });

  it('can be stopped before it began, twice, and while it looks', async () => {
    await one.relay.stop();
    one.relay.start();
    const ids = await within(1);
    expect(await broker.holds(ids)).toEqual(new Set());
    const other = world.process(broker);
    other.relay.start();
    await Promise.all([other.relay.stop(), other.relay.stop()]);
    expect(other.messages()).toEqual([]);
  });
});
