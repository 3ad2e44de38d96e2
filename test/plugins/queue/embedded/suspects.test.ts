// Executions that were out at more than one crash are not out together again; others are not held up by them.
import type { Broker, Delivery } from '../../../../src/core/ports/broker.js';
import { entries, entry, final, idOf } from '../../../support/executions.js';
import { Inbox } from '../../../support/inbox.js';
import { EmbeddedHarness } from './embedded-harness.js';

describe('suspects in the embedded queue', () => {
  let harness: EmbeddedHarness;
  beforeEach(async () => {
    harness = await EmbeddedHarness.create();
  });
  afterEach(() => harness.dispose());

  const haveCrashed = (times: number): void => {
    harness.sql((database) => database.prepare('UPDATE executions SET crashes = ?').run(times));
  };

  async function putOffAgain(broker: Broker, id: string): Promise<void> {
    const before = await broker.find(id);
    for (let view = before; view?.availableAt === before?.availableAt; ) {
      await new Promise(setImmediate);
      view = await broker.find(id);
    }
  }

  it('are out one at a time, over all queues, beside everything else', async () => {
    const broker = await harness.open();
    const suspects = [...entries(3), entry({ queue: 'other' })];
    await broker.enqueue(suspects);
    haveCrashed(2);
    const healthy = entries(3);
    await broker.enqueue(healthy);

    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 6, ...inbox });
    await broker.consume({ lanes: ['other'], concurrency: 6, ...inbox });
    const first = await inbox.take(4);
    const isSuspect = ({ crashes }: Delivery): boolean => crashes > 0;
    expect(first.filter((delivery) => !isSuspect(delivery)).map(({ id }) => id)).toEqual(
      healthy.map(idOf),
    );
    const met: string[] = [];
    for (let current = first.find(isSuspect); current !== undefined; ) {
      met.push(current.id);
      // The others were looked at in the meantime, and put off again.
      const others = suspects.map(idOf).filter((id) => !met.includes(id));
      await Promise.all(others.map((id) => putOffAgain(broker, id)));
      expect(inbox.size).toBe(0);
      expect(await broker.find(current.id)).toMatchObject({ state: 'running', attempt: 1 });
      await current.settle(final());
      current = met.length < suspects.length ? await inbox.next() : undefined;
    }
    expect(new Set(met)).toEqual(new Set(suspects.map(idOf)));
  });

  it('leave their slots to others', async () => {
    const [broker, dispatcher] = [await harness.open(), await harness.open()];
    await broker.enqueue(entries(2));
    haveCrashed(2);
    const healthy = entry();
    await broker.enqueue([healthy]);
    // The broker has seen all changes of others, so that it has to look by itself.
    const inbox = new Inbox();
    await broker.consume({ lanes: ['other'], concurrency: 1, ...inbox });
    await dispatcher.enqueue([entry({ queue: 'other' })]);
    await inbox.next();

    await broker.consume({ lanes: ['default'], concurrency: 2, ...inbox });
    const [suspect, other] = await inbox.take(2);
    expect(suspect?.crashes).toBe(2);
    expect(other?.id).toBe(idOf(healthy));
  });

  it('are not suspected after one crash', async () => {
    const broker = await harness.open();
    await broker.enqueue(entries(4));
    haveCrashed(1);
    const inbox = new Inbox();
    await broker.consume({ lanes: ['default'], concurrency: 4, ...inbox });
    expect(await inbox.take(4)).toHaveLength(4);
  });
});
