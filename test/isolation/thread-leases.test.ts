// What the main thread knows of a thread's connections, when the thread speaks of them at the worst moments.
import { ThreadLeases } from '../../src/plugins/isolation/thread-leases.js';
import { rememberingLogger } from '../support/harness.js';

const connectionId = 7;

function leasesKilledBy(kill: () => Promise<void>): ThreadLeases {
  const leases = new ThreadLeases(kill, rememberingLogger().logger);
  leases.opened(1, 'maria', connectionId);
  return leases;
}

const closedByTheThread = (leases: ThreadLeases): void =>
  leases.ended('maria', connectionId, 'closed');

describe('a connection that the server was told to end', () => {
  const killed = { opened: 1, closed: 0, killed: 1, leaked: 0 };

  test('counts as killed when the thread closes what is left of it before the server confirms', async () => {
    const leases = leasesKilledBy(async () => closedByTheThread(leases));
    await leases.kill(60_000);
    expect(leases.account(1)).toEqual(killed);
  });

  test('and when the thread does so after it', async () => {
    const leases = leasesKilledBy(async () => undefined);
    await leases.kill(60_000);
    closedByTheThread(leases);
    expect(leases.account(1)).toEqual(killed);
  });
});

test('a connection that the thread closed before is left alone', async () => {
  let kills = 0;
  const leases = leasesKilledBy(async () => {
    kills += 1;
  });
  closedByTheThread(leases);
  await leases.kill(60_000);
  expect(kills).toBe(0);
  expect(leases.account(1)).toEqual({ opened: 1, closed: 1, killed: 0, leaked: 0 });
});

test('a connection whose server could not be told, and that the thread did not close, has leaked', async () => {
  const leases = leasesKilledBy(() => Promise.reject(new Error('the server is away')));
  await leases.kill(60_000);
  expect(leases.account(1)).toEqual({ opened: 1, closed: 0, killed: 0, leaked: 1 });
});
