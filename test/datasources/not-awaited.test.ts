// A use or a transaction that nobody awaited: what is on record, and what is in the database.
import { setImmediate as turn } from 'node:timers/promises';
import { noteStrayRejection } from '../../src/core/run/run-work.js';
import {
  inject,
  Maria,
  Retry,
  type RunContext,
  type ScopedDataSource,
  Task,
  type TaskClass,
} from '../../src/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';
import { install, onBothEngines, type TestedEngine } from './support.js';

type Code = (maria: ScopedDataSource, context: RunContext) => unknown;

/** Performs `code` as the code of a task that would be retried for every error, over an empty table `paid`. */
async function perform({ url }: TestedEngine, code: Code) {
  const { provider, openRun } = install({ environment: { MARIA_URL: url() } });
  const rows = async (sql: string): Promise<unknown[]> => {
    const { source, scope } = openRun();
    const found = await source(Maria).use<unknown[]>((m) => m.query(sql));
    await scope.dispose();
    return found;
  };
  await rows('DROP TABLE IF EXISTS paid');
  await rows('CREATE TABLE paid (id INTEGER)');
  @Task({ code: 'pays' })
  @Retry({ maxRetries: 5, delay: '1s', jitter: 'none' })
  class Pays {
    constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}
    run(_: unknown, context: RunContext): unknown {
      return code(this.maria, context);
    }
  }
  const harness = createHarness({ tasks: [Pays as TaskClass], extensions: [provider] });
  const settlement = await harness.perform(envelopeOf('pays'));
  const paid = await rows('SELECT id FROM paid');
  await provider.close();
  return { settlement, paid, account: provider.account(Maria) };
}

const notAwaited = (message: RegExp) => ({
  kind: 'final',
  state: 'failed',
  report: {
    error: { code: 'SKEP_WORK_NOT_AWAITED', message: expect.stringMatching(message) },
  },
});

onBothEngines('work that nobody awaited', (engine) => {
  test('a transaction fails the attempt by name and line, and is rolled back', async () => {
    let transaction: Promise<unknown> = Promise.resolve();
    const { settlement, paid, account } = await perform(engine, async (maria) => {
      await new Promise<void>((resolve) => {
        transaction = maria.transaction(async (m) => {
          await m.query('INSERT INTO paid VALUES (1)');
          resolve();
          // Longer than the run: until its connection is taken from it.
          for (;;) {
            await m.query('SELECT 1');
            await turn();
          }
        });
      });
      return { paid: 1 };
    });
    expect(settlement).toMatchObject(
      notAwaited(
        /^run\(\) of pays .*: a transaction of maria, begun at test\/datasources\/not-awaited\.test\.ts:\d+:\d+$/,
      ),
    );
    expect(paid).toEqual([]);
    expect(account).toMatchObject({ open: 0, leaked: 0 });
    await expect(transaction).rejects.toMatchObject({ code: 'SKEP_WORK_NOT_AWAITED' });
  });

  test('as the first thing of a run that returns at once', async () => {
    const { settlement, paid } = await perform(engine, (maria) => {
      void maria.transaction((m) => m.query('INSERT INTO paid VALUES (1)'));
      void maria.use((m) => m.query('INSERT INTO paid VALUES (2)'));
      return { paid: 1 };
    });
    expect(settlement).toMatchObject(notAwaited(/: a transaction of maria, .*; a use of maria, /));
    expect(paid).toEqual([]);
  });

  test('of a list that was walked with forEach', async () => {
    const strays: Promise<unknown>[] = [];
    const { settlement, paid } = await perform(engine, (maria) => {
      [1, 2, 3].forEach((id) => {
        const each = async (): Promise<void> => {
          await maria.transaction((m) => m.query(`INSERT INTO paid VALUES (${id})`));
        };
        strays.push(each().catch(({ code }) => code));
      });
    });
    expect(settlement).toMatchObject(
      notAwaited(/: a transaction of maria, begun at .*:\d+ \(3 times\)$/),
    );
    expect(paid).toEqual([]);
    expect(await Promise.all(strays)).toEqual(Array(3).fill('SKEP_WORK_NOT_AWAITED'));
  });

  test('that has ended in time is as good as awaited', async () => {
    const { settlement, paid } = await perform(engine, async (maria) => {
      const done = new Promise<void>((resolve) => {
        void maria.transaction((m) => m.query('INSERT INTO paid VALUES (1)')).then(() => resolve());
      });
      await done;
      return 'fine';
    });
    expect(settlement).toMatchObject({ state: 'success', report: { result: 'fine' } });
    expect(paid).toEqual([{ id: 1 }]);
  });

  test('context.complete in it completes nothing', async () => {
    const { settlement, paid } = await perform(engine, (maria, context) => {
      void maria.transaction(async (m) => {
        await m.query('INSERT INTO paid VALUES (1)');
        await context.complete(m, { paid: 1 });
      });
    });
    expect(settlement).toMatchObject(notAwaited(/: a transaction of maria/));
    expect(paid).toEqual([]);
  });

  const lost = (code: string, message: RegExp) => ({
    kind: 'final',
    state: 'failed',
    report: { error: { code, message: expect.stringMatching(message) } },
  });
  const insert = (id: number): string => `INSERT INTO paid VALUES (${id})`;

  test('a statement inside a transaction rolls it back and fails the attempt', async () => {
    let floating: Promise<unknown> = Promise.resolve();
    const { settlement, paid, account } = await perform(engine, async (maria) => {
      await maria.transaction(async (m) => {
        await m.query(insert(1));
        floating = m.query(insert(2));
      });
    });
    expect(settlement).toMatchObject(
      notAwaited(
        /^the function of a transaction of maria returned while INSERT INTO paid … was unfinished; the transaction was rolled back$/,
      ),
    );
    expect(paid).toEqual([]);
    expect(account).toMatchObject({ open: 0, leaked: 0 });
    await floating;
  });

  test('a list that was walked with forEach inside a transaction, too', async () => {
    const strays: Promise<unknown>[] = [];
    const { settlement, paid } = await perform(engine, async (maria) => {
      await maria.transaction(async (m) => {
        await m.query(insert(1));
        [2, 3].forEach((id) => {
          const each = async (): Promise<void> => {
            // As the repository of an entity does: what it does first is not its statement.
            for (let step = 0; step < 20; step += 1) await undefined;
            await m.query(insert(id));
          };
          strays.push(each().catch(({ code }) => code));
        });
      });
    });
    expect(settlement).toMatchObject(notAwaited(/ returned while INSERT INTO paid … was unf/));
    expect(paid).toEqual([]);
    expect(await Promise.all(strays)).toEqual(Array(2).fill('SKEP_LEASE_ENDED'));
  });

  test('a transaction within a transaction, or within a use, too', async () => {
    for (const kind of ['transaction', 'use'] as const) {
      const { settlement, paid } = await perform(engine, async (maria) => {
        await maria[kind](async (m) => {
          await new Promise<void>((resolve) => {
            void m.transaction(async (inner) => {
              await inner.query(insert(1));
              resolve();
              await new Promise(() => undefined);
            });
          });
        });
      });
      expect(settlement).toMatchObject(
        notAwaited(/ returned while a transaction inside it was unfinished/),
      );
      expect(paid).toEqual([]);
    }
  });

  test('a transaction within that the server has undone is no missing await, and may be retried', async () => {
    const { settlement, paid } = await perform(engine, async (maria) => {
      await maria.transaction(async (m) => {
        await m.query(insert(1));
        const inner = m.transaction(async (n) => {
          // As a deadlock does: the savepoint is gone with all the rest.
          await n.query('ROLLBACK');
          throw new Error('undone');
        });
        await inner.catch(() => undefined);
      });
    });
    expect(settlement).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'QueryFailedError' } },
    });
    expect(paid).toEqual([]);
  });

  test('a statement of a use that comes after it fails the attempt, although its error was caught', async () => {
    const { settlement, paid } = await perform(engine, async (maria) => {
      let late: Promise<unknown> = Promise.resolve();
      let go: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => {
        go = resolve;
      });
      await maria.use(async (m) => {
        late = gate.then(() => m.query(insert(1))).catch(() => 'caught');
      });
      go();
      await late;
      return { paid: 1 };
    });
    expect(settlement).toMatchObject(lost('SKEP_LEASE_ENDED', /^maria: a manager was used after/));
    expect(paid).toEqual([]);
  });

  test('a statement that has failed is rolled back with its transaction if nobody has handled that', async () => {
    const { settlement, paid } = await perform(engine, async (maria) => {
      await maria.transaction(async (m) => {
        await m.query(insert(1));
        await new Promise<void>((resolve) => {
          const failing = m.query('INSERT INTO nowhere VALUES (1)');
          // As Node does with a rejection that nobody handles.
          failing.catch((error: unknown) => {
            noteStrayRejection(error, failing);
            resolve();
          });
        });
      });
    });
    expect(settlement).toMatchObject({
      kind: 'retry',
      report: { error: { code: 'QueryFailedError' } },
    });
    expect(paid).toEqual([]);
  });

  test('a statement that has failed is nothing where its error was handled', async () => {
    const { settlement, paid } = await perform(engine, async (maria) => {
      await maria.transaction(async (m) => {
        await m.query('INSERT INTO nowhere VALUES (1)').catch(() => undefined);
        await m.query(insert(1));
      });
    });
    expect(settlement).toMatchObject({ state: 'success' });
    expect(paid).toEqual([{ id: 1 }]);
  });
});
