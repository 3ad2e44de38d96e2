// Claiming: exact times, other processes seen soon, a clock that jumps, failures that pass, records that are no text.
import type { EmbeddedBroker } from '../../../../src/plugins/queue/embedded/broker.js';
import { entry, final, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { median, quick } from '../../../support/quick.js';
import { EmbeddedHarness } from './embedded-harness.js';

describe('claiming from the embedded queue', () => {
  let harness: EmbeddedHarness;
  let clockOffsetMs = 0;
  beforeEach(async () => {
    clockOffsetMs = 0;
    harness = await EmbeddedHarness.create({ now: () => Date.now() + clockOffsetMs });
  });
  afterEach(() => harness.dispose());

  async function consuming(concurrency = 5): Promise<{ broker: EmbeddedBroker; inbox: Inbox }> {
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency, ...inbox });
    return { broker, inbox };
  }

  /** How long what is queued takes to be delivered. The disk, which acknowledgements wait for, is not in it. */
  async function deliveryMs(dispatcher: EmbeddedBroker, inbox: Inbox): Promise<number> {
    const startedAt = performance.now();
    const arrived = inbox.next().then((delivery) => ({ delivery, at: performance.now() }));
    await dispatcher.enqueue([entry()]);
    const { delivery, at } = await arrived;
    await delivery.settle(final());
    return at - startedAt;
  }

  it('delivers what was delayed within a few milliseconds of its time', async () => {
    const { broker, inbox } = await consuming(20);
    await quick(8, async () => {
      // Uneven steps, so that no regular poll would meet them by chance.
      const times = Array.from({ length: 11 }, (_, n) => Date.now() + 100 + n * 37);
      await broker.enqueue(times.map((at) => entry({}, at)));
      const late: number[] = [];
      for (const at of times) {
        const delivery = await inbox.next();
        late.push(Date.now() - at);
        await delivery.settle(final());
      }
      expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
      return median(late);
    });
  });

  it.each([1, 4])(
    'delivers in the order of becoming available, then of ids, %s at a time',
    async (concurrency) => {
      const now = Date.now();
      const [a, b] = [entry({}, now - 1_000), entry({}, now - 1_000)];
      const [early, late] = [entry({}, now - 2_000), entry({}, now)];
      const broker = await harness.open();
      await broker.enqueue([late, b, a]);
      await broker.enqueue([early]);
      const inbox = new Inbox();
      await broker.consume({ lanes: ['default'], concurrency, ...inbox });
      const order: string[] = [];
      for (let left = 4; left > 0; left -= 1) {
        const delivery = await inbox.next();
        order.push(delivery.id);
        await delivery.settle(final());
      }
      expect(order).toEqual([early, a, b, late].map(idOf));
    },
  );

  it('delivers at once what is queued in the process', async () => {
    const { broker, inbox } = await consuming();
    await quick(20, async () => {
      const took: number[] = [];
      for (let n = 0; n < 11; n += 1) took.push(await deliveryMs(broker, inbox));
      return median(took);
    });
  });

  it('sees within a tenth of a second what another process queues', async () => {
    const { inbox } = await consuming();
    const dispatcher = await harness.open();
    await quick(100, async () => {
      const took: number[] = [];
      for (let n = 0; n < 5; n += 1) took.push(await deliveryMs(dispatcher, inbox));
      return median(took);
    });
  });

  it('follows a clock that jumps ahead', async () => {
    const { broker, inbox } = await consuming();
    const tomorrow = entry({}, Date.now() + 86_400_000);
    await broker.enqueue([tomorrow]);
    clockOffsetMs = 86_400_000;
    expect((await inbox.next()).id).toBe(idOf(tomorrow));
  });

  it('goes on by itself when claiming has failed for a while', async () => {
    const { broker, inbox } = await consuming();
    const failing =
      'CREATE TRIGGER broken BEFORE UPDATE ON executions BEGIN SELECT RAISE(ABORT, "no"); END';
    harness.sql((database) => database.exec(failing.replaceAll('"', "'")));
    const queued = entry();
    // Taken although it cannot be claimed.
    await broker.enqueue([queued]);
    expect(inbox.size).toBe(0);
    expect(await broker.find(idOf(queued))).toMatchObject({ state: 'queued' });
    harness.sql((database) => database.exec('DROP TRIGGER broken'));
    expect((await inbox.next()).id).toBe(idOf(queued));
    const failures = harness.lines.filter(({ level }) => level === 'error');
    expect(failures).toMatchObject([{ message: 'claiming failed, trying again' }]);
  });

  it('survives text that is not text in any column', async () => {
    const { broker, inbox } = await consuming();
    const noText = Buffer.from([0xff, 0xfe, 0x41]);
    await harness.plant('default', 'foreign', noText);
    const delivery = await inbox.next();
    expect(delivery.raw).toBe(noText.toString('utf8'));
    await delivery.settle(final('quarantined'));
    harness.sql((database) => {
      const columns = ['queue', 'task', 'state', 'worker', 'report', 'envelope'];
      const everywhere = columns.map((column) => `${column} = CAST(X'FFFE41' AS TEXT)`);
      database.exec(`UPDATE executions SET ${everywhere.join(', ')}`);
    });
    expect(await broker.list({ limit: 5 })).toMatchObject([{ id: 'foreign' }]);
    expect(await broker.find('foreign')).toMatchObject({ id: 'foreign' });
    expect(await broker.queues()).toEqual([]);
    // And it still works.
    await broker.enqueue([entry()]);
    await (await inbox.next()).settle(final());
  });
});
