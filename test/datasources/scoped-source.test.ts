// A data source within one run, on both engines: what use and transaction promise, and what a run leaves.
import type { EntityManager } from 'typeorm';
import { EntitySchema } from 'typeorm';
import { entities, Hris, Maria } from '../../src/datasources/index.js';
import { until } from '../support/until.js';
import { asInTime, errorOf, install, onBothEngines } from './support.js';

interface Person {
  id: number;
  name: string;
  joined: string;
  active: boolean;
  seen: Date | null;
}

const PersonSchema = new EntitySchema<Person>({
  name: 'Person',
  columns: {
    id: { type: Number, primary: true, generated: true },
    name: { type: String, length: 100 },
    joined: { type: 'date' },
    active: { type: Boolean },
    seen: { type: 'datetime', precision: 3, nullable: true },
  },
});

const create = (m: EntityManager): Promise<unknown> =>
  m.query('CREATE TABLE IF NOT EXISTS numbers (n INTEGER)');
const sum = async (m: EntityManager): Promise<number> => {
  const [row] = await m.query('SELECT COUNT(*) AS c FROM numbers');
  return Number(row.c);
};

onBothEngines('a scoped data source', ({ dialect, url }) => {
  const opened: ReturnType<typeof install>[] = [];
  const installed = (lifetime: 'run' | 'shared' = 'run', more: object = {}) => {
    const options = { lifetime, ...more };
    const site = install({
      environment: { MARIA_URL: url(), HRIS_URL: url() },
      options: { maria: options, hris: options },
      plugins: [{ name: 'people', contributes: [entities(Maria, [PersonSchema])] }],
    });
    opened.push(site);
    return site;
  };

  beforeEach(async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    await source(Maria).use(create);
    await source(Maria).use((m) => m.query('DELETE FROM numbers'));
    await scope.dispose();
  });

  afterEach(async () => {
    for (const { provider, lines } of opened.splice(0)) {
      await provider.close();
      // Whatever a test did: all that was opened is closed.
      const { opened, closed, killed, leaked, open } = provider.account();
      expect({ leaked, open, ended: closed + killed }).toEqual({
        leaked: 0,
        open: 0,
        ended: opened,
      });
      expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
    }
  });

  it('opens nothing until it is used, and knows its engine before', async () => {
    const { provider, openRun } = installed();
    const { scope, source } = openRun();
    expect(source(Maria)).toMatchObject({ name: 'maria', dialect });
    await scope.dispose();
    expect(provider.account()).toMatchObject({ opened: 0 });
    expect(scope.ledger()).toEqual({ opened: 0, closed: 0, killed: 0, leaked: 0 });
  });

  it('returns what the work returns, and throws what it throws', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    await expect(source(Maria).use(async () => 'done')).resolves.toBe('done');
    const own = new Error('of the task');
    await expect(source(Maria).use(() => Promise.reject(own))).rejects.toBe(own);
    await expect(source(Maria).transaction(() => Promise.reject(own))).rejects.toBe(own);
    await scope.dispose();
  });

  it('commits when the work of a transaction returns, and rolls back when it throws', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const maria = source(Maria);
    await maria.transaction((m) => m.query('INSERT INTO numbers VALUES (1)'));
    await errorOf(() =>
      maria.transaction(async (m) => {
        await m.query('INSERT INTO numbers VALUES (2)');
        throw new Error('changed its mind');
      }),
    );
    expect(await maria.use(sum)).toBe(1);
    await scope.dispose();
  });

  it('nests transactions as savepoints', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    await source(Maria).transaction(async (m) => {
      await m.query('INSERT INTO numbers VALUES (1)');
      const inner = m.transaction(async (n) => {
        await n.query('INSERT INTO numbers VALUES (2)');
        throw new Error('the inner one only');
      });
      await inner.catch(() => undefined);
    });
    expect(await source(Maria).use(sum)).toBe(1);
    await scope.dispose();
  });

  it('reads and writes entities of plugins alike', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const quote = dialect === 'mariadb' ? 'INT AUTO_INCREMENT' : 'INTEGER';
    await source(Maria).use(async (m) => {
      await m.query('DROP TABLE IF EXISTS person');
      await m.query(
        `CREATE TABLE person (id ${quote} PRIMARY KEY, name VARCHAR(100), joined DATE, active BOOLEAN, seen DATETIME(3))`,
      );
      const people = m.getRepository(PersonSchema);
      const seen = new Date('2024-03-10T23:30:00.250Z');
      await people.save({ name: 'Amal', joined: '2024-02-29', active: true, seen });
      await people.save({ name: 'Basim', joined: '2023-12-31', active: false, seen: null });
      expect(await people.find({ order: { id: 'ASC' } })).toEqual([
        { id: 1, name: 'Amal', joined: '2024-02-29', active: true, seen },
        { id: 2, name: 'Basim', joined: '2023-12-31', active: false, seen: null },
      ]);
      expect(await people.countBy({ active: true })).toBe(1);
      await people.update({ name: 'Basim' }, { active: true });
      await people.delete({ name: 'Amal' });
      expect(await people.find({ select: { name: true, active: true } })).toEqual([
        { name: 'Basim', active: true },
      ]);
      await m.query('DROP TABLE person');
    });
    await scope.dispose();
  });

  it('gives uses at the same time connections of their own, and uses one after the other the same', async () => {
    const { openRun, lines } = installed();
    const { scope, source, records } = openRun();
    const maria = source(Maria);
    let met = 0;
    let meet: () => void = () => undefined;
    const together = new Promise<void>((resolve) => {
      meet = resolve;
    });
    await Promise.all(
      [1, 2, 3].map(() =>
        maria.use(async (m) => {
          await m.query('SELECT 1');
          met += 1;
          if (met === 3) meet();
          await together;
        }),
      ),
    );
    expect(records()).toHaveLength(3);
    for (let i = 0; i < 5; i += 1) await maria.use(sum);
    expect(records()).toHaveLength(3);
    await scope.dispose();
    expect(asInTime(scope.ledger(), lines)).toEqual({ opened: 3, closed: 3, killed: 0, leaked: 0 });
    expect(new Set(records().map(({ connectionId }) => connectionId)).size).toBe(3);
  });

  it('builds the metadata once when many use it first at the same time', async () => {
    const { provider, openRun, lines } = installed();
    const runs = Array.from({ length: 8 }, () => openRun());
    const metadata = await Promise.all(
      runs.map(({ source }) =>
        source(Maria).use(async (m) => {
          await m.query('SELECT 1');
          return m.dataSource;
        }),
      ),
    );
    expect(new Set(metadata).size).toBe(1);
    // One connection a run and none for the metadata.
    expect(provider.account(Maria)).toMatchObject({ opened: 8, open: 8 });
    await Promise.all(runs.map(({ scope }) => scope.dispose()));
    expect(asInTime(provider.account(Maria), lines)).toMatchObject({
      opened: 8,
      closed: 8,
      open: 0,
    });
  });

  it('throws SKEP_SCOPE_CLOSED after the run, also through a manager or repository that was kept', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const maria = source(Maria);
    const kept = await maria.use(async (m) => ({ m, people: m.getRepository(PersonSchema) }));
    await scope.dispose();
    const late: (() => Promise<unknown>)[] = [
      () => maria.use(async () => 1),
      () => maria.transaction(async () => 1),
      () => kept.m.query('SELECT 1'),
      () => kept.m.transaction(async () => 1),
      () => kept.people.find(),
      () => kept.people.save({ name: 'x', joined: '2024-01-01', active: true, seen: null }),
      () => kept.m.createQueryBuilder().select('1').from('numbers', 'n').getRawMany(),
    ];
    for (const step of late)
      expect(await errorOf(step)).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
  });

  it('throws SKEP_LEASE_ENDED for a manager kept beyond its use, and for a connection beside the lease', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const kept = await source(Maria).use(async (m) => m);
    expect(await errorOf(() => kept.query('SELECT 1'))).toMatchObject({ code: 'SKEP_LEASE_ENDED' });
    const beside = await errorOf(() => source(Maria).use((m) => m.dataSource.query('SELECT 1')));
    expect(beside).toMatchObject({ code: 'SKEP_LEASE_ENDED' });
    const manager = await errorOf(() =>
      source(Maria).use((m) => m.dataSource.manager.query('SELECT 1')),
    );
    expect(manager).toMatchObject({ code: 'SKEP_LEASE_ENDED' });
    await scope.dispose();
  });

  it('stops a statement that writes to a read-only source, and the session refuses it as well', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const hris = source(Hris);
    expect(await hris.use(sum)).toBe(0);
    expect(await hris.transaction(sum)).toBe(0);
    for (const sql of [
      'DELETE FROM numbers',
      'INSERT INTO numbers VALUES (1)',
      'DROP TABLE numbers',
    ]) {
      const error = await errorOf(() => hris.use((m) => m.query(sql)));
      expect(error).toMatchObject({ code: 'SKEP_READ_ONLY' });
    }
    const second = await errorOf(() =>
      hris.use(async (m) => {
        // Past the first fence, straight to the driver.
        const raw = await m.queryRunner?.connect();
        if (dialect === 'mariadb') await raw.promise().query('DELETE FROM numbers');
        else raw.prepare('DELETE FROM numbers').run();
      }),
    );
    expect(second.code).toMatch(
      /ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION|SQLITE_READONLY|SQLITE_AUTH/,
    );
    await scope.dispose();
  });

  it('does not hand on a connection that carries traces, within a run or beyond it', async () => {
    const { provider, openRun } = installed('shared');
    const { scope, source } = openRun();
    const temporary = 'CREATE TEMPORARY TABLE mine (n INTEGER)';
    await source(Maria).use((m) => m.query(temporary));
    expect(provider.account(Maria)).toMatchObject({ opened: 1, open: 0 });
    await source(Maria).use((m) => m.query(temporary));
    await source(Maria).use((m) => m.query('SELECT 1'));
    await scope.dispose();
    expect(provider.account(Maria)).toMatchObject({ opened: 3, open: 1 });
  });

  it('gives back a connection only when the statements that nobody awaited are done', async () => {
    const { openRun, lines } = installed();
    const { scope, source } = openRun();
    let floating: Promise<unknown> = Promise.resolve();
    const use = source(Maria).use(async (m) => {
      floating = m.query('INSERT INTO numbers VALUES (7)');
    });
    // It says that an await is missing; the connection is whole all the same.
    expect(await errorOf(() => use)).toMatchObject({ code: 'SKEP_WORK_NOT_AWAITED' });
    expect(await source(Maria).use(sum)).toBe(1);
    await floating;
    await scope.dispose();
    expect(asInTime(scope.ledger(), lines)).toMatchObject({ opened: 1, closed: 1 });
  });

  it('ends and counts what a run did not await', async () => {
    const { provider, openRun } = installed();
    const { scope, source } = openRun();
    let begun: () => void = () => undefined;
    const busy = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const floating = source(Maria).transaction(async (m) => {
      await m.query('INSERT INTO numbers VALUES (8)');
      begun();
      await new Promise(() => undefined);
    });
    floating.catch(() => undefined);
    await busy;
    expect(await scope.dispose()).toEqual([]);
    expect(scope.ledger()).toEqual({ opened: 1, closed: 0, killed: 1, leaked: 0 });
    expect(provider.account(Maria)).toMatchObject({ open: 0 });
    const next = openRun();
    expect(await next.source(Maria).use(sum)).toBe(0);
    await next.source(Maria).transaction((m) => m.query('INSERT INTO numbers VALUES (9)'));
    await next.scope.dispose();
  });

  it('ends a use that begins to connect when the run ends', async () => {
    const { provider, openRun } = installed();
    const { scope, source } = openRun();
    const floating = [1, 2, 3].map(() => errorOf(() => source(Maria).use(sum)));
    expect(await scope.dispose()).toEqual([]);
    for (const error of await Promise.all(floating)) {
      expect(error).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    }
    const { opened, closed, killed, leaked } = scope.ledger();
    expect({ ended: closed + killed, leaked }).toEqual({ ended: opened, leaked: 0 });
    expect(provider.account()).toMatchObject({ open: 0, leaked: 0 });
  });

  it('says SKEP_LEASE_TIMEOUT when no connection becomes free, and hands on the one that does', async () => {
    const { openRun } = installed('run', { pool: { max: 1, acquireTimeout: '50ms' } });
    const { scope, source } = openRun();
    const inside = await errorOf(() =>
      source(Maria).use(() => source(Maria).use(async () => 'a second one')),
    );
    expect(inside).toMatchObject({ name: 'ConnectionError', code: 'SKEP_LEASE_TIMEOUT' });
    expect(inside.message).toBe('maria: none of its 1 connections became free within 50 ms');
    await expect(source(Maria).use(async () => 'again')).resolves.toBe('again');
    await scope.dispose();
  });

  it('lets who waits for a connection go when its run ends', async () => {
    const { openRun } = installed('run', { pool: { max: 1, acquireTimeout: '1h' } });
    const holder = openRun();
    await holder.source(Maria).use(sum);
    const waiting = openRun();
    const floating = errorOf(() => waiting.source(Maria).use(sum));
    expect(await waiting.scope.dispose()).toEqual([]);
    expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    await holder.scope.dispose();
    const next = openRun();
    expect(await next.source(Maria).use(sum)).toBe(0);
    await next.scope.dispose();
  });

  it('shares connections between runs when its lifetime is shared, and the ledger says so', async () => {
    const { provider, openRun } = installed('shared');
    const ids: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      const { scope, source, records } = openRun();
      await source(Maria).use(sum);
      await source(Maria).use(sum);
      await scope.dispose();
      expect(scope.ledger()).toEqual({ opened: 1, closed: 1, killed: 0, leaked: 0 });
      ids.push(...records().map(({ connectionId }) => connectionId));
    }
    expect(new Set(ids).size).toBe(1);
    expect(provider.account(Maria)).toMatchObject({ opened: 1, open: 1 });
  });

  it('closes warm connections that lie unused', async () => {
    const { provider, openRun, lines } = installed('shared', { idle: '10ms' });
    const { scope, source } = openRun();
    await source(Maria).use(sum);
    await scope.dispose();
    await until(() => provider.account(Maria).open === 0);
    expect(asInTime(provider.account(Maria), lines)).toMatchObject({ opened: 1, closed: 1 });
  });

  it('disposes external sources first and Maria last', async () => {
    const { openRun } = installed();
    const { scope, source, records } = openRun();
    await source(Maria).use(sum);
    await source(Hris).use(sum);
    const order: string[] = [];
    scope.onDispose('external, opened later', 'external', () => {
      order.push(...records().map(({ source, end }) => `${source} ${end ? 'ended' : 'open'}`));
    });
    scope.onDispose('application, opened later', 'application', () => {
      order.push(...records().map(({ source, end }) => `${source} ${end ? 'ended' : 'open'}`));
    });
    await scope.dispose();
    expect(order).toEqual(['maria open', 'hris open', 'maria open', 'hris ended']);
  });
});
