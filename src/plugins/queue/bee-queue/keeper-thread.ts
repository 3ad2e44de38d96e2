// The thread that says for the brokers of this process that they are alive. It has an event loop and a connection of its
// own, so that a task which blocks the main thread is slow and not dead.
import { parentPort } from 'node:worker_threads';
import { RedisClient } from './client.js';
import type { KeeperOrder } from './keeper.js';

interface Kept {
  readonly client: RedisClient;
  readonly timer: NodeJS.Timeout;
}

const kept = new Map<string, Kept>();

function keep({ instance, url, lanes, everyMs }: Extract<KeeperOrder, { kind: 'keep' }>): void {
  leave(instance);
  const client = new RedisClient(url, 'keeper');
  client.on('error', () => undefined);
  const tell = (): void => {
    if (client.status !== 'ready') return;
    for (const { base, suffixes } of lanes) {
      client.scripts.keepAlive(base, instance, ...suffixes).catch(() => undefined);
    }
  };
  client.on('ready', tell);
  client.connect().catch(() => undefined);
  kept.set(instance, { client, timer: setInterval(tell, everyMs) });
}

function leave(instance: string): void {
  const known = kept.get(instance);
  kept.delete(instance);
  clearInterval(known?.timer);
  known?.client.disconnect();
}

parentPort?.on('message', (order: KeeperOrder) => {
  if (order.kind === 'keep') keep(order);
  else leave(order.instance);
});
