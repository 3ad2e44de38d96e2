// Bursts: how many claims the scheduler has under way, and that it leaves none of them to itself.

import { BrokenSchedules } from '../../../src/plugins/scheduler/broken-schedules.js';
import { batchSize } from '../../../src/plugins/scheduler/claimer.js';
import { Scheduler } from '../../../src/plugins/scheduler/scheduler.js';
import type { StoreDatabase } from '../../../src/plugins/tracking/index.js';
import { rememberingLogger } from '../../support/harness.js';
import { until } from '../../support/until.js';

/** Claims that end when and how the test says. */
class Claims {
  readonly tasks = ['any'];
  readonly open: ((claimed: number | Error) => void)[] = [];

  claim(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.open.push((claimed) => (claimed instanceof Error ? reject(claimed) : resolve(claimed)));
    });
  }

  /** Ends the oldest one that is under way, when there is one. */
  async end(claimed: number | Error): Promise<void> {
    await until(() => this.open.length > 0);
    this.open.shift()?.(claimed);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A database in which something is due at every look, and nothing stuck. */
const database = {
  use: (work: (sender: object, dialect: string) => unknown) => {
    const time = '2026-03-02 10:00:00.000000';
    const query = async (sql: string) =>
      sql.includes('AS now') ? [{ now: time, next: time }] : [];
    return work({ query }, 'sqlite');
  },
} as unknown as StoreDatabase;

function scheduling() {
  const claims = new Claims();
  const { logger, lines } = rememberingLogger();
  const scheduler = new Scheduler({
    database,
    installer: { bringUpToDate: async () => undefined },
    claimer: Object.assign(claims, { broken: new BrokenSchedules(logger) }),
    clock: (now) => now,
    logger,
  });
  return { scheduler, claims, lines };
}

test('one claim when that is all', async () => {
  const { scheduler, claims } = scheduling();
  const round = scheduler.round();
  await claims.end(batchSize - 1);
  expect(await round).toBe(0);
  expect(claims.open).toEqual([]);
});

test('three at one time when there is more, each until it finds less than it could take', async () => {
  const { scheduler, claims } = scheduling();
  const round = scheduler.round();
  await claims.end(batchSize);
  expect(claims.open).toHaveLength(3);
  await claims.end(batchSize);
  expect(claims.open).toHaveLength(3);
  for (let left = 2; left >= 0; left -= 1) {
    await claims.end(7);
    expect(claims.open).toHaveLength(left);
  }
  expect(await round).toBe(0);
});

test('one that fails is told when the others are over', async () => {
  const { scheduler, claims, lines } = scheduling();
  let isOver = false;
  const round = scheduler.round().finally(() => {
    isOver = true;
  });
  await claims.end(batchSize);
  await claims.end(new Error('the connection is lost'));
  await claims.end(0);
  expect(isOver).toBe(false);
  await claims.end(0);
  expect(await round).toBeGreaterThan(0);
  expect(lines.map(({ message }) => message)).toEqual(['scheduling fails, and is tried again']);
});
