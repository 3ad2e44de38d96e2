// How a connection to Redis breaks and comes back.
import { once } from 'node:events';
import { RedisClient } from '../../../../src/plugins/queue/bee-queue/client.js';
import { describeWithRedis, freshRedis } from '../../../support/redis.js';

test('the pauses between two tries to connect grow, and never beyond half a second', () => {
  const { retryStrategy } = new RedisClient({ url: 'redis://127.0.0.1:9/' }, 'test').options;
  const pauses = Array.from({ length: 10_000 }, (_, index) => Number(retryStrategy?.(index + 1)));
  expect(pauses[0]).toBeLessThan(pauses[2] ?? 0);
  expect(Math.min(...pauses)).toBeGreaterThan(0);
  expect(Math.max(...pauses)).toBe(500);
});

/** Timers of one length that are running, while it is in use. */
class RunningTimers implements Disposable {
  readonly running = new Set<unknown>();
  readonly #set = globalThis.setTimeout;
  readonly #clear = globalThis.clearTimeout;

  constructor(ofMs: number) {
    const set = (act: () => void, ms?: number): NodeJS.Timeout => {
      const timer = this.#set(act, ms);
      if (ms === ofMs) this.running.add(timer);
      return timer;
    };
    globalThis.setTimeout = set as typeof setTimeout;
    globalThis.clearTimeout = (timer) => {
      this.running.delete(timer);
      this.#clear(timer);
    };
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#set;
    globalThis.clearTimeout = this.#clear;
  }
}

describeWithRedis('a connection that breaks while an answer is due', () => {
  const redis = freshRedis('client');
  /** No other timer is as long. */
  const socketTimeout = 3_600_000;

  it('leaves no timer behind that would end the one after it', async () => {
    using timers = new RunningTimers(socketTimeout);
    const broken = new RedisClient({ url: redis.url }, 'test', { socketTimeout });
    broken.on('error', () => undefined);
    const other = new RedisClient({ url: redis.url }, 'test');
    await Promise.all([broken.connect(), other.connect()]);
    const id = await broken.client('ID');
    const waiting = broken.brpop(`${redis.prefix}:nothing`, 0).catch((error: Error) => error);
    expect(timers.running.size).toBe(1);
    const closed = once(broken, 'close');
    await other.client('KILL', 'ID', id);
    await closed;
    expect(timers.running.size).toBe(0);
    expect(await waiting).toBeInstanceOf(Error);
    broken.disconnect();
    other.disconnect();
  });
});
