// The examples of docs/guide/scale-out.md: run twice they change nothing, and with REDIS_URL they run through Redis.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { JsonValue } from '../../src/core/json.js';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';
import { envelopeOf } from '../support/harness.js';
import { describeWithRedis, freshRedis } from '../support/redis.js';
import { ExampleSite } from './example-site.js';

const config = 'scale-out/plugins.json';

/** An attempt of an execution as a worker performs it that took it over from a dead one. */
async function attemptAgain(site: ExampleSite, id: string, task: string, payload: JsonValue) {
  const raw = envelopeOf(task, payload, { id });
  return site.parts.runner.perform({ id, raw, crashes: 1 });
}

function rows(site: ExampleSite, table: string): unknown[] {
  const database = new DatabaseSync(join(site.folder.path, 'maria.db'), { readOnly: true });
  try {
    return database.prepare(`SELECT * FROM ${table}`).all();
  } finally {
    database.close();
  }
}

test('a task that knows its execution, and one that computes anew: the second time changes nothing', async () => {
  await using site = await ExampleSite.start(config);
  const entry = { account: 'A1', cents: 250 };
  const { id, state } = await site.run('book', entry);
  expect(state).toBe('success');
  expect(await attemptAgain(site, id, 'book', entry)).toMatchObject({ state: 'success' });
  expect(rows(site, 'booking')).toEqual([{ id, ...entry }]);

  await site.run('book', { account: 'A1', cents: -50 });
  for (const time of ['first', 'second']) {
    const { state, result } = await site.run('add_up', 'A1');
    expect({ time, state, result }).toEqual({ time, state: 'success', result: { cents: 200 } });
  }
  expect(rows(site, 'balance')).toEqual([{ account: 'A1', cents: 200 }]);
});

test('a task with an effect elsewhere says the same key in every attempt', async () => {
  const keys: unknown[] = [];
  const bank = createServer((request, response) => {
    keys.push(request.headers['idempotency-key']);
    // One that is kept open is closed after a while without a request: an attempt that comes then would fail.
    response.shouldKeepAlive = false;
    request.resume().once('end', () => response.writeHead(201).end());
  });
  await once(bank.listen(0, '127.0.0.1'), 'listening');
  try {
    await using site = await ExampleSite.start(config);
    const { port } = bank.address() as AddressInfo;
    const payment = { account: 'A1', cents: 100, bank: `http://127.0.0.1:${port}/payments` };
    const { id, result } = await site.run('pay_out', payment);
    expect(result).toEqual({ status: 201 });
    await attemptAgain(site, id, 'pay_out', payment);
    expect(keys).toEqual([id, id]);
  } finally {
    bank.closeAllConnections();
    bank.close();
    await once(bank, 'close');
  }
});

describeWithRedis('with REDIS_URL', () => {
  const redis = freshRedis('scale-out');

  test('the same installation queues in Redis, and all its keys have the prefix of the configuration', async () => {
    const looking = new Redis(redis.url);
    try {
      const { prefix } = redis;
      await using site = await ExampleSite.start(config, {
        REDIS_URL: redis.url,
        SKEP_PREFIX: prefix,
      });
      expect(site.parts.broker.name).toBe('bee-queue');
      expect(await site.run('book', { account: 'A1', cents: 1 })).toMatchObject({
        state: 'success',
        queue: 'default',
      });
      expect((await looking.keys(`${prefix}:*`)).sort()).toEqual(
        expect.arrayContaining([
          `${prefix}:queues`,
          `${prefix}:{default}:finished`,
          `${prefix}:{default}:finishedLog`,
        ]),
      );
    } finally {
      looking.disconnect();
    }
  });
});
