// The thread that says for the brokers of this process that they are alive. It has an event loop and a connection of its
// own, so that a task which blocks the main thread is slow and not dead.
import { parentPort } from 'node:worker_threads';
import { RedisClient } from './client.js';
import type { KeeperOrder } from './keeper.js';
import { SignOfLife } from './sign-of-life.js';

interface Kept {
  readonly client: RedisClient;
  readonly timer: NodeJS.Timeout;
}

const kept = new Map<string, Kept>();

function keep({
  instance,
  address,
  lanes,
  everyMs,
  sign,
}: Extract<KeeperOrder, { kind: 'keep' }>): void {
  leave(instance);
  const client = new RedisClient(address, 'keeper');
  const life = new SignOfLife(sign);
  life.noteTurn();
  client.on('error', () => undefined);
  const tell = async (): Promise<void> => {
    if (client.status !== 'ready') return;
    const at = SignOfLife.now();
    try {
      await Promise.all(
        lanes.map(({ base, suffixes }) => client.scripts.keepAlive(base, instance, ...suffixes)),
      );
      life.note(at);
    } catch {
      // The next time; how long it has been is seen by who reads the sign.
    }
  };
  client.on('ready', () => void tell());
  client.connect().catch(() => undefined);
  const takeTurn = (): void => {
    life.noteTurn();
    void tell();
  };
  kept.set(instance, { client, timer: setInterval(takeTurn, everyMs) });
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
