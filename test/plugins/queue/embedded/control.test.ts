// The control plane of the embedded queue: seen soon by the process that consumes, told by the doctor, tidied up.
import { entries, entry, final, idOf, workerStatus } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { quick } from '../../../support/quick.js';
import { until } from '../../../support/until.js';
import { EmbeddedHarness } from './embedded-harness.js';

describe('the control plane of the embedded queue', () => {
  let harness: EmbeddedHarness;
  let clockOffsetMs = 0;
  /** Where the clock of the brokers stands still. */
  let frozenAt: number | undefined;
  beforeEach(async () => {
    clockOffsetMs = 0;
    frozenAt = undefined;
    harness = await EmbeddedHarness.create({ now: () => frozenAt ?? Date.now() + clockOffsetMs });
  });
  afterEach(() => harness.dispose());

  it('has a run told within a tenth of a second that another process cancels it', async () => {
    const [worker, other] = [await harness.open(), await harness.open()];
    const inbox = new Inbox();
    await worker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    await quick(100, async () => {
      const queued = entry();
      await worker.enqueue([queued]);
      const delivery = await inbox.next();
      const told = new Promise((resolve) => delivery.onInterrupt(resolve));
      await other.cancel(idOf(queued));
      const askedAt = performance.now();
      await told;
      const ms = performance.now() - askedAt;
      await delivery.settle(final('cancelled'));
      return ms;
    });
  });

  it('goes on within a tenth of a second when another process resumes a queue', async () => {
    const [worker, other] = [await harness.open(), await harness.open()];
    const inbox = new Inbox();
    await worker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    await quick(100, async () => {
      await worker.pause('default');
      await worker.enqueue([entry()]);
      await other.resume('default');
      const askedAt = performance.now();
      const delivery = await inbox.next();
      const ms = performance.now() - askedAt;
      await delivery.settle(final());
      return ms;
    });
  });

  it('brings forward what is on its way to being postponed', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    await broker.enqueue(entries(2));
    // From here on nothing becomes due by its time.
    frozenAt = Date.now();
    const limits = { task: 'noop', concurrency: 1, rate: undefined };
    const [one, two] = await inbox.take(2);
    const [admitted, refused] = [await one?.admit(limits), await two?.admit(limits)];
    if (!admitted?.admitted || refused?.admitted !== false) throw new Error('one has a place');
    await admitted.release();
    expect(refused.availableAt).toBeGreaterThan(frozenAt);
    await two?.settle({ kind: 'postpone', availableAt: refused.availableAt });
    expect((await inbox.next()).id).toBe(two?.id);
  });

  it('tells the doctor of the file, its contents, and queues that are held up', async () => {
    const broker = await harness.open();
    await broker.enqueue([...entries(2), entry({ queue: 'mail:high' })]);
    await broker.pause('mail');
    await broker.pause('empty');
    const { found, warnings } = await broker.examine();
    expect(found).toContain(harness.file);
    expect(found).toMatch(/, \d+(\.\d)? KiB: 3 executions unfinished, 0 finished$/);
    expect(warnings).toEqual([
      {
        message: 'the queue mail:high is paused, and 1 executions wait in it',
        remedy: 'Resume it with `skep queues resume mail` when they are to run.',
      },
    ]);
  });

  it('forgets keys and workers whose time is over, and keeps those that still count', async () => {
    const first = await harness.open();
    const waiting = entry({ unique: { key: 'until it is final' } });
    await first.enqueue([
      waiting,
      entry({ unique: { key: 'short', until: Date.now() + 1_000 } }),
      entry({ unique: { key: 'long', until: Date.now() + 100_000 } }),
    ]);
    await first.announce(workerStatus({ id: 'silent' }), 1_000);
    await first.announce(workerStatus({ id: 'alive' }), 100_000);
    await first.close();
    clockOffsetMs += 10_000;
    const owner = await harness.open();
    await owner.own();
    const names = (sql: string): unknown[] => harness.column(sql);
    await until(() => names('SELECT count(*) FROM workers')[0] === 1);
    expect(names('SELECT id FROM workers')).toEqual(['alive']);
    expect(names('SELECT key FROM unique_keys ORDER BY key')).toEqual([
      'long',
      'until it is final',
    ]);
  });

  it('leaves no key behind of what is final', async () => {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 5, ...inbox });
    await broker.enqueue([entry({ unique: { key: 'a' } })]);
    await (await inbox.next()).settle(final());
    const later = entry({ unique: { key: 'b' } }, Date.now() + 60_000);
    await broker.enqueue([later]);
    await broker.cancel(idOf(later));
    expect(harness.sql((database) => database.prepare('SELECT * FROM unique_keys').all())).toEqual(
      [],
    );
  });

  it('lets nothing hold a key that is final, whoever ended it', async () => {
    const broker = await harness.open();
    const [ended, next] = [entry({ unique: { key: 'k' } }), entry({ unique: { key: 'k' } })];
    await broker.enqueue([ended]);
    // Past the broker, which would have given the key back.
    harness.sql((database) => database.exec("UPDATE executions SET state = 'failed'"));
    expect(await broker.enqueue([next])).toEqual([idOf(next)]);
  });
});
