// A loopback port for a server that will be stopped and started again on it.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range from which systems number outgoing connections: while a server is down, a client
// that keeps trying to reach it could otherwise be given its port, and keep it from coming back.
const first = 20_000;
const last = 29_999;
// A port is free until its server listens, and again while that is down: the processes of one run of the tests look
// among ports of their own, and no file gives a port twice.
const shares = 10;
const share = Number(process.env.JEST_WORKER_ID ?? 0) % shares;
const given = new Set<number>();

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries += 1) {
    const size = (last + 1 - first) / shares;
    const port = first + share * size + randomInt(size);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free loopback port found between ${first} and ${last}`);
}
