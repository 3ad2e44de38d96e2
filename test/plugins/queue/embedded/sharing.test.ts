// Slots shared with other consumers: what a transaction that fails has taken is given back, what it freed is not free.
import { Slots } from '../../../../src/core/run/slots.js';
import { entries, final } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { until } from '../../../support/until.js';
import { EmbeddedHarness } from './embedded-harness.js';

describe('slots that are shared, in the embedded queue', () => {
  let harness: EmbeddedHarness;
  beforeEach(async () => {
    harness = await EmbeddedHarness.create();
  });
  afterEach(() => harness.dispose());

  /** Claims set the worker; settling as final does not. */
  const breakClaims = (): unknown =>
    harness.sql((database) =>
      database.exec(
        "CREATE TRIGGER broken BEFORE UPDATE OF worker ON executions BEGIN SELECT RAISE(ABORT, 'no'); END",
      ),
    );
  const mendClaims = (): unknown => harness.sql((database) => database.exec('DROP TRIGGER broken'));
  const hasFailed = (): boolean => harness.lines.some(({ level }) => level === 'error');

  /** How many slots are free, by trying. */
  function freeOf(slots: Slots): number {
    const probe = slots.share(1);
    const free = probe.take(1_000);
    probe.give(free);
    return free;
  }

  it('are free again when claiming has failed', async () => {
    const slots = new Slots(3);
    const broker = await harness.open();
    const inbox = new Inbox();
    await broker.enqueue(entries(2));
    breakClaims();
    const share = slots.share(1);
    await broker.consume({ lanes: ['default'], concurrency: 5, share, ...inbox });
    await until(hasFailed);
    expect(freeOf(slots)).toBe(3);
    mendClaims();
    for (const delivery of await inbox.take(2)) await delivery.settle(final());
    expect(freeOf(slots)).toBe(3);
  });

  it('stay taken when the transaction that would have freed them fails', async () => {
    const slots = new Slots(2);
    const broker = await harness.open();
    const inbox = new Inbox();
    const share = slots.share(1);
    await broker.consume({ lanes: ['default'], concurrency: 5, share, ...inbox });
    await broker.enqueue(entries(3));
    const [first, second] = await inbox.take(2);
    breakClaims();
    // Settled in the end, alone; the claim in the same transaction fails.
    await first?.settle(final());
    await until(hasFailed);
    expect(freeOf(slots)).toBe(1);
    mendClaims();
    await (await inbox.next()).settle(final());
    await second?.settle(final());
    expect(freeOf(slots)).toBe(2);
  });

  it('are given back by what is settled after its consumer has stopped', async () => {
    const slots = new Slots(2);
    const broker = await harness.open();
    const inbox = new Inbox();
    const share = slots.share(1);
    const consumer = await broker.consume({ lanes: ['default'], concurrency: 5, share, ...inbox });
    await broker.enqueue(entries(3));
    const out = await inbox.take(2);
    await consumer.stop();
    expect(freeOf(slots)).toBe(0);
    for (const delivery of out) await delivery.settle(final());
    expect(freeOf(slots)).toBe(2);
  });
});
