// What the dispatcher makes of priorities, expiry and unique keys, over the real embedded broker.
import { z } from 'zod';
import { BrokerDispatcher } from '../../src/core/dispatch/broker-dispatcher.js';
import { type Envelope, parseEnvelope } from '../../src/core/envelope.js';
import { finalWait } from '../../src/core/executions/final-wait.js';
import type { Broker } from '../../src/core/ports/broker.js';
import type { Priority } from '../../src/core/tasks/flow-options.js';
import { type Payload, Task, type TaskClass, Tracked } from '../../src/index.js';
import { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';
import { MemoryTracker } from '../../src/plugins/tracking/index.js';
import { fixedSeams, registryOf, rememberingLogger } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';

@Task({ code: 'plain' })
class Plain {
  run(): void {}
}

@Task({ code: 'urgent', priority: 'high', expires: '10m', queue: 'mail' })
class Urgent {
  run(): void {}
}

const Window = z.object({ day: z.coerce.date(), force: z.boolean().default(false) });

@Task({
  code: 'once_a_day',
  payload: Window,
  unique: { key: ({ day }: z.output<typeof Window>) => day.toISOString().slice(0, 10) },
})
@Tracked()
class OnceADay {
  run(_window: Payload<typeof Window>): void {}
}

@Task({ code: 'once', unique: { for: '1h', onDuplicate: 'reject' } })
@Tracked()
class Once {
  run(): void {}
}

const start = 1_700_000_000_000;

async function dispatching(tasks: readonly TaskClass[] = [Plain, Urgent, OnceADay, Once]) {
  const folder = tempFolder();
  const clock = { now: start };
  const { logger, lines } = rememberingLogger();
  const seams = fixedSeams({ now: () => clock.now });
  const broker: Broker = new EmbeddedBroker({ dataDir: folder.path, logger, seams, worker: 'w' });
  await broker.open();
  const queued: Envelope[] = [];
  const { enqueue } = broker;
  broker.enqueue = (entries) => {
    queued.push(...entries.map(({ envelope }) => parseEnvelope(envelope)));
    return enqueue.call(broker, entries);
  };
  const tracker = new MemoryTracker();
  const dispatcher = new BrokerDispatcher({
    registry: registryOf(...tasks),
    broker,
    waitForFinal: finalWait(broker, undefined),
    tracker,
    logger,
    seams,
    payloadLimitBytes: 1_000,
  });
  return {
    broker,
    clock,
    dispatcher,
    tracker,
    queued,
    lines,
    async [Symbol.asyncDispose]() {
      await broker.close();
      folder[Symbol.dispose]();
    },
  };
}

test('half of a character in userId or triggeredBy is replaced: no store takes it', async () => {
  await using it = await dispatching();
  await it.dispatcher.dispatch(Plain, undefined, { userId: 'ada\ud83d', triggeredBy: '\ude00\0' });
  expect(it.queued).toMatchObject([{ userId: 'ada\ufffd', triggeredBy: '\ufffd\ufffd' }]);
});

test.each([
  [{ delay: '100000000d' } as const, 'more than ten years'],
  [{ at: '9999-01-01' } as const, 'more than ten years'],
  [{ expires: '100000000d' } as const, 'more than ten years'],
])('%j is refused', async (options, words) => {
  await using it = await dispatching();
  await expect(it.dispatcher.dispatch(Plain, undefined, options)).rejects.toMatchObject({
    code: 'SKEP_DISPATCH_INVALID',
    message: expect.stringContaining(words),
  });
  expect(it.queued).toEqual([]);
});

describe('priority', () => {
  test.each([
    [undefined, 'default'],
    ['high', 'default:high'],
    ['normal', 'default'],
    ['low', 'default:low'],
  ] as const)('%s of a dispatch: the lane %s', async (priority, lane) => {
    await using it = await dispatching();
    await it.dispatcher.dispatch(Plain, undefined, priority === undefined ? {} : { priority });
    expect(it.queued).toMatchObject([{ queue: lane }]);
    expect(await it.broker.queues()).toMatchObject([{ name: lane, waiting: 1 }]);
  });

  test('is that of the task unless the dispatch says otherwise', async () => {
    await using it = await dispatching();
    await it.dispatcher.dispatch(Urgent);
    await it.dispatcher.dispatch(Urgent, undefined, { priority: 'normal' });
    expect(it.queued.map(({ queue }) => queue)).toEqual(['mail:high', 'mail']);
  });

  test('a wrong one is refused: nobody takes work out of such a lane', async () => {
    await using it = await dispatching();
    const priority = 'hihg' as Priority;
    await expect(it.dispatcher.dispatch(Plain, undefined, { priority })).rejects.toMatchObject({
      code: 'SKEP_DISPATCH_INVALID',
      message: 'priority: "hihg" is none of high, normal, low. Did you mean "high"?',
    });
    expect(it.queued).toEqual([]);
  });
});

describe('expires', () => {
  test('counts from when the execution is due', async () => {
    await using it = await dispatching();
    const { dispatcher, queued } = it;
    await dispatcher.dispatch(Plain);
    await dispatcher.dispatch(Plain, undefined, { expires: '1m' });
    await dispatcher.dispatch(Plain, undefined, { expires: '1m', delay: '1h' });
    const at = new Date(start + 5_000);
    await dispatcher.dispatch(Plain, undefined, { expires: '1s', at });
    await dispatcher.dispatch(Urgent);
    await dispatcher.dispatch(Urgent, undefined, { expires: '1d' });
    expect(queued.map(({ expiresAt }) => expiresAt)).toEqual([
      undefined,
      start + 60_000,
      start + 3_660_000,
      start + 6_000,
      start + 600_000,
      start + 86_400_000,
    ]);
  });

  test('what is no duration is refused', async () => {
    await using it = await dispatching();
    const expires = 'soon' as '1s';
    await expect(it.dispatcher.dispatch(Plain, undefined, { expires })).rejects.toMatchObject({
      code: 'SKEP_DISPATCH_INVALID',
      message: 'expires: "soon" is not a duration such as 5m',
    });
  });
});

describe('unique', () => {
  test('a task that says nothing has no key', async () => {
    await using it = await dispatching();
    await it.dispatcher.dispatch(Plain);
    expect(it.queued[0]).not.toHaveProperty('unique');
  });

  test('a duplicate is the execution that holds the key; its own record is gone', async () => {
    await using it = await dispatching();
    const first = await it.dispatcher.dispatch('once_a_day', { day: '2026-01-01' });
    const again = await it.dispatcher.dispatch('once_a_day', {
      day: '2026-01-01T12:00:00Z',
      force: true,
    });
    const other = await it.dispatcher.dispatch('once_a_day', { day: '2026-01-02' });
    expect(again.id).toBe(first.id);
    expect(other.id).not.toBe(first.id);
    const [one, duplicate] = it.queued;
    expect(one?.unique).toEqual({ key: expect.stringMatching(/^once_a_day:/) });
    expect(duplicate?.unique).toEqual(one?.unique);
    expect(it.tracker.find(first.id)).toMatchObject({ state: 'queued' });
    expect(it.tracker.find(other.id)).toMatchObject({ state: 'queued' });
    expect(it.tracker.find(duplicate?.id ?? '')).toBeUndefined();
    expect(await it.broker.list({ limit: 10 })).toHaveLength(2);
  });

  test('with onDuplicate: reject it throws and names who holds the key', async () => {
    await using it = await dispatching();
    const { id } = await it.dispatcher.dispatch(Once);
    await expect(it.dispatcher.dispatch(Once)).rejects.toMatchObject({
      code: 'SKEP_DUPLICATE',
      message: `once is unique, and ${id} holds its key`,
    });
    expect(it.tracker.find(it.queued[1]?.id ?? '')).toBeUndefined();
    expect(await it.broker.list({ limit: 10 })).toHaveLength(1);
  });

  test('holds its key so long from the dispatch, whenever it is due', async () => {
    await using it = await dispatching();
    await it.dispatcher.dispatch(Once, undefined, { delay: '2h' });
    expect(it.queued[0]?.unique).toMatchObject({ until: start + 3_600_000 });
    it.clock.now = start + 3_600_001;
    const { id } = await it.dispatcher.dispatch(Once);
    expect(id).toBe(it.queued[1]?.id);
  });

  test('duplicates within one call: one is queued, all of its kind stand for it', async () => {
    await using it = await dispatching();
    const days = ['2026-01-01', '2026-01-02', '2026-01-01'];
    const dispatched = await it.dispatcher.dispatchAll(
      days.map((day) => ({ task: 'once_a_day', payload: { day } })),
    );
    const [first, second, third] = dispatched.map(({ id }) => id);
    expect(third).toBe(first);
    expect(second).not.toBe(first);
    expect(await it.broker.list({ limit: 10 })).toHaveLength(2);
  });

  test('where duplicates are rejected, the others of the call are queued all the same', async () => {
    await using it = await dispatching();
    const requests = [{ task: 'once' }, { task: 'once' }, { task: 'plain' }];
    await expect(it.dispatcher.dispatchAll(requests)).rejects.toMatchObject({
      code: 'SKEP_DUPLICATE',
    });
    const listed = await it.broker.list({ limit: 10 });
    expect(listed.map(({ task }) => task).sort()).toEqual(['once', 'plain']);
  });

  test('a tracker that fails to discard stops nothing', async () => {
    await using it = await dispatching();
    it.tracker.discarded = () => Promise.reject(new Error('out of reach'));
    const first = await it.dispatcher.dispatch('once_a_day', { day: '2026-01-01' });
    const again = await it.dispatcher.dispatch('once_a_day', { day: '2026-01-01' });
    expect(again.id).toBe(first.id);
    expect(it.lines).toMatchObject([{ level: 'warn' }]);
  });

  test('a payload that the key function cannot take is refused', async () => {
    @Task({
      code: 'by_customer',
      unique: { key: ({ customer }: { customer: string }) => customer },
    })
    class ByCustomer {
      run(_order: { customer: string }): void {}
    }
    await using it = await dispatching([ByCustomer]);
    for (const payload of [null, {}]) {
      await expect(it.dispatcher.dispatch('by_customer', payload)).rejects.toMatchObject({
        code: 'SKEP_DISPATCH_INVALID',
      });
    }
    expect(it.queued).toEqual([]);
  });
});

describe('the record of a dispatch', () => {
  test('is taken back when the queue does not take it', async () => {
    await using it = await dispatching();
    const withdrawn: unknown[] = [];
    it.tracker.withdrawn = async (...told) => void withdrawn.push(...told);
    it.broker.enqueue = () => Promise.reject(new Error('out of reach'));
    await expect(it.dispatcher.dispatch('once_a_day', { day: '2026-01-01' })).rejects.toThrow(
      'out of reach',
    );
    expect(withdrawn).toEqual([
      [expect.any(String)],
      expect.objectContaining({ message: 'out of reach' }),
      start,
    ]);
  });

  test('is within a transaction what the tracker makes of it; the queue is told later, by a relay', async () => {
    await using it = await dispatching();
    const transaction = { query: async () => [] };
    const recorded: unknown[] = [];
    it.tracker.pendingWithin = async (...told: unknown[]) => void recorded.push(...told);
    const dispatched = await it.dispatcher
      .within(transaction)
      .dispatch('plain', { n: 1 }, { triggeredBy: 'x', delay: '1s' });
    expect(recorded).toEqual([
      transaction,
      [
        expect.objectContaining({
          availableAt: start + 1_000,
          envelope: expect.objectContaining({
            id: dispatched.id,
            task: 'plain',
            payload: { n: 1 },
            tracked: true,
          }),
        }),
      ],
    ]);
    expect(it.queued).toEqual([]);
  });

  test('within a transaction cannot wait for the key of a task that rejects duplicates', async () => {
    @Task({ code: 'strict', unique: { onDuplicate: 'reject' } })
    class Strict {
      run(): void {}
    }
    await using it = await dispatching([Strict]);
    const refused = it.dispatcher.within({ query: async () => [] }).dispatch('strict');
    await expect(refused).rejects.toMatchObject({ code: 'SKEP_DISPATCH_INVALID' });
  });

  test('needs a store for a transaction', async () => {
    await using it = await dispatching();
    const dispatched = it.dispatcher.within({ query: async () => [] }).dispatch('plain');
    await expect(dispatched).rejects.toMatchObject({ code: 'SKEP_NOT_TRACKING' });
  });
});
