// What only a SQLite file shows: one writer at a time, files that are missing, broken or replaced.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  dataSource,
  dataSourceOptionsSchema,
  defineDataSource,
  Hris,
  Maria,
  QueryFailedError,
} from '../../src/datasources/index.js';
import { quick } from '../support/quick.js';
import { type TempFolder, tempFolder } from '../support/temp-folder.js';
import { errorOf, install } from './support.js';

let folder: TempFolder;
const sites: ReturnType<typeof install>[] = [];
beforeEach(() => {
  folder = tempFolder();
});
afterEach(async () => {
  for (const { provider } of sites.splice(0)) await provider.close();
  folder[Symbol.dispose]();
});

const installed = (options: object = {}, environment: Record<string, string> = {}) => {
  const site = install({
    environment,
    folder: folder.path,
    options: { maria: options, hris: options },
  });
  sites.push(site);
  return site;
};

/** Another process that holds the write lock of a file until it is told to let go. */
async function otherWriter(file: string) {
  const driver = new URL('../../dist/core/sqlite-driver.js', import.meta.url).href;
  const program = `
    import { DatabaseSync } from ${JSON.stringify(driver)};
    const db = new DatabaseSync(${JSON.stringify(file)});
    db.exec('BEGIN IMMEDIATE'); db.exec('INSERT INTO n VALUES (1000)'); console.log('holds');
    process.stdin.once('data', () => { db.exec('COMMIT'); process.exit(0); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(createInterface(child.stdout), 'line');
  const letGo = async (): Promise<void> => {
    child.stdin.write('\n');
    await once(child, 'exit');
  };
  return { letGo };
}

describe('a SQLite file', () => {
  it('takes one write transaction at a time, without blocking the process', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const maria = source(Maria);
    await maria.use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    let inside = 0;
    let most = 0;
    const add = () =>
      maria.transaction(async (m) => {
        inside += 1;
        most = Math.max(most, inside);
        const [{ v }] = await m.query('SELECT COUNT(*) AS v FROM n');
        await new Promise((resolve) => setImmediate(resolve));
        await m.query('INSERT INTO n VALUES (?)', [v]);
        inside -= 1;
      });
    const single = () => maria.use((m) => m.query('INSERT INTO n VALUES (-1)'));
    await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? single() : add())));
    expect(most).toBe(1);
    const rows: { v: number }[] = await maria.use((m) => m.query('SELECT v FROM n WHERE v >= 0'));
    // Each counted what was there before it: no two saw the same.
    expect(new Set(rows.map(({ v }) => v)).size).toBe(rows.length);
    await scope.dispose();
  });

  it('lets readers read while a transaction writes', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const maria = source(Maria);
    await maria.use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    await maria.transaction(async (m) => {
      await m.query('INSERT INTO n VALUES (1)');
      expect(await maria.use((n) => n.query('SELECT COUNT(*) AS c FROM n'))).toEqual([{ c: 0 }]);
    });
    expect(await maria.use((n) => n.query('SELECT COUNT(*) AS c FROM n'))).toEqual([{ c: 1 }]);
    await scope.dispose();
  });

  it('waits for a writer of another process while this one goes on, then writes', async () => {
    const { openRun } = installed({ pool: { acquireTimeout: '1h' } });
    const { scope, source } = openRun();
    const maria = source(Maria);
    await maria.use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    const { letGo } = await otherWriter(join(folder.path, 'maria.db'));
    const wrote = Promise.all([
      maria.use((m) => m.query('INSERT INTO n VALUES (1)')),
      maria.transaction((m) => m.query('INSERT INTO n VALUES (2)')),
    ]);
    // Twenty turns of the loop, with a read and a pause in each, are not held up while the writers wait.
    await quick(20 * 80, async () => {
      const began = performance.now();
      for (let turn = 0; turn < 20; turn += 1) {
        expect(await maria.use((m) => m.query('SELECT COUNT(*) AS c FROM n'))).toEqual([{ c: 0 }]);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return performance.now() - began;
    });
    await letGo();
    await wrote;
    expect(await maria.use((m) => m.query('SELECT SUM(v) AS s FROM n'))).toEqual([{ s: 1003 }]);
    await scope.dispose();
  });

  it('says which lock it waited for when that takes longer than acquireTimeout', async () => {
    const { openRun } = installed({ pool: { acquireTimeout: '60ms' } });
    const { scope, source } = openRun();
    const maria = source(Maria);
    await maria.use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let holding: Promise<void> = Promise.resolve();
    await new Promise<void>((resolve) => {
      holding = maria.transaction(async (m) => {
        await m.query('DELETE FROM n');
        resolve();
        await ended;
      });
    });
    // Beside the transaction, not inside it: nobody waits for both.
    const inside = await errorOf(() => maria.use((n) => n.query('INSERT INTO n VALUES (2)')));
    end();
    await holding;
    expect(inside).toMatchObject({ code: 'SKEP_LEASE_TIMEOUT' });
    expect(inside.message).toMatch(
      /another transaction of this process held the write lock of .*maria\.db/,
    );
    const { letGo } = await otherWriter(join(folder.path, 'maria.db'));
    const outside = await errorOf(() =>
      maria.transaction((m) => m.query('INSERT INTO n VALUES (3)')),
    );
    expect(outside).toMatchObject({ code: 'SKEP_LEASE_TIMEOUT' });
    expect(outside.message).toMatch(/another process held the write lock/);
    await letGo();
    await maria.use((m) => m.query('INSERT INTO n VALUES (4)'));
    expect(await maria.use((m) => m.query('SELECT SUM(v) AS s FROM n'))).toEqual([{ s: 1004 }]);
    await scope.dispose();
  });

  it.each(['use', 'transaction'] as const)(
    'finds a %s at once that writes inside a transaction on the same file',
    async (nested) => {
      // With an hour to wait, nothing but finding it ends the test.
      const { openRun } = installed({ pool: { acquireTimeout: '1h' } });
      const { scope, source } = openRun();
      const maria = source(Maria);
      await maria.use((m) => m.query('CREATE TABLE n (v INTEGER)'));
      const error = await errorOf(() =>
        maria.transaction(async (m) => {
          await m.query('INSERT INTO n VALUES (1)');
          expect(await maria.use((n) => n.query('SELECT v FROM n'))).toEqual([]);
          await maria[nested]((n) => n.query('INSERT INTO n VALUES (2)'));
        }),
      );
      expect(error).toMatchObject({
        code: 'SKEP_NESTED_WRITE',
        message: expect.stringMatching(
          /^maria: a write was begun inside a transaction .*maria\.db/,
        ),
        remedy: expect.stringContaining('the manager that the transaction gives'),
      });
      // Rolled back, and the file is free.
      const both = [1, 2].map((id) =>
        maria.transaction((m) => m.query('INSERT INTO n VALUES (?)', [id])),
      );
      await Promise.all(both);
      await maria.use(async (m) => {
        await m.query('INSERT INTO n VALUES (3)');
        await maria.use((n) => n.query('INSERT INTO n VALUES (4)'));
      });
      expect(await maria.use((m) => m.query('SELECT SUM(v) AS s FROM n'))).toEqual([{ s: 10 }]);
      await scope.dispose();
    },
  );

  it('finds a write at once that another data source on the same file makes inside a transaction', async () => {
    const Same = defineDataSource({
      name: 'same',
      env: 'SAME_URL',
      role: 'external',
      readOnly: false,
      embeddedFile: 'same.db',
    });
    const options = dataSourceOptionsSchema.parse({ pool: { acquireTimeout: '1h' } });
    const site = install({
      environment: { SAME_URL: `sqlite:${join(folder.path, 'maria.db')}` },
      folder: folder.path,
      options: { maria: options, same: options },
      plugins: [{ name: 'same', contributes: [dataSource(Same)] }],
    });
    sites.push(site);
    const { scope, source } = site.openRun();
    await source(Maria).use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    const insert = 'INSERT INTO n VALUES (1)';
    const error = await errorOf(() =>
      source(Maria).transaction(async (m) => {
        await m.query(insert);
        await source(Same).use((n) => n.query(insert));
      }),
    );
    expect(error).toMatchObject({
      code: 'SKEP_NESTED_WRITE',
      message: expect.stringMatching(/^same: a write was begun inside a transaction .*maria\.db/),
    });
    await Promise.all([Maria, Same].map((each) => source(each).use((m) => m.query(insert))));
    await scope.dispose();
  });

  it('blames the right transaction when a service writes inside that of a run', async () => {
    const { openRun, provider } = installed({ pool: { acquireTimeout: '20ms' } });
    const { scope, source } = openRun();
    const insert = 'INSERT INTO n VALUES (1)';
    await source(Maria).use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    const error = await errorOf(() =>
      source(Maria).transaction(async (m) => {
        await m.query(insert);
        await provider.application.use((n) => n.query(insert));
      }),
    );
    expect(error).toMatchObject({
      code: 'SKEP_LEASE_TIMEOUT',
      message: expect.stringMatching(
        /^maria: the transaction inside which this write of a service was begun \(pass on its manager/,
      ),
    });
    await scope.dispose();
  });

  it('lets a write through inside a transaction when it is on another file', async () => {
    const Payroll = defineDataSource({
      name: 'payroll',
      env: 'PAYROLL_URL',
      embeddedFile: 'payroll.db',
      role: 'external',
      readOnly: false,
    });
    const { openRun, provider } = install({
      environment: {},
      folder: folder.path,
      plugins: [{ name: 'payroll', contributes: [dataSource(Payroll)] }],
      options: { maria: { pool: { acquireTimeout: '1h' } } },
    });
    const { scope, source } = openRun();
    for (const each of [Maria, Payroll]) {
      await source(each).use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    }
    await source(Maria).transaction(async (m) => {
      await m.query('INSERT INTO n VALUES (1)');
      await source(Payroll).use((n) => n.query('INSERT INTO n VALUES (2)'));
    });
    expect(await source(Payroll).use((m) => m.query('SELECT v FROM n'))).toEqual([{ v: 2 }]);
    await scope.dispose();
    await provider.close();
  });

  it('has what a service writes from inside a transaction wait for its end, and does not refuse it', async () => {
    const { openRun, provider } = installed({ pool: { acquireTimeout: '1h' } });
    const { scope, source } = openRun();
    await source(Maria).use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    let written: Promise<unknown> = Promise.resolve();
    await source(Maria).transaction(async (m) => {
      await m.query('INSERT INTO n VALUES (1)');
      // Noted inside, and written later: the transaction does not wait for it.
      written = provider.application.use((n) => n.query('INSERT INTO n VALUES (2)'));
      written.catch(() => undefined);
      await m.query('INSERT INTO n VALUES (3)');
    });
    await written;
    const rows = await source(Maria).use((m) => m.query('SELECT v FROM n ORDER BY v'));
    expect(rows).toEqual([{ v: 1 }, { v: 2 }, { v: 3 }]);
    await scope.dispose();
  });

  it('frees who waits for the write lock when its run ends, and the lock when its holder ends', async () => {
    const { openRun } = installed({ pool: { acquireTimeout: '1h' } });
    const holder = openRun();
    await holder.source(Maria).use((m) => m.query('CREATE TABLE n (v INTEGER)'));
    let holds: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      holds = resolve;
    });
    const stuck = errorOf(() =>
      holder.source(Maria).transaction(async (m) => {
        await m.query('INSERT INTO n VALUES (1)');
        holds();
        await new Promise(() => undefined);
      }),
    );
    await held;
    const waiting = openRun();
    const floating = errorOf(() =>
      waiting.source(Maria).use((m) => m.query('INSERT INTO n VALUES (2)')),
    );
    const third = openRun();
    const patient = third.source(Maria).use((m) => m.query('INSERT INTO n VALUES (3)'));
    await third.source(Maria).use((m) => m.query('SELECT 1'));
    expect(await waiting.scope.dispose()).toEqual([]);
    expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    expect(await holder.scope.dispose()).toEqual([]);
    void stuck;
    await patient;
    expect(await third.source(Maria).use((m) => m.query('SELECT v FROM n'))).toEqual([{ v: 3 }]);
    await third.scope.dispose();
  });

  it('takes every kind of parameter, or refuses it without harm to the process', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const echo = (value: unknown) =>
      source(Maria).use(async (m) => (await m.query('SELECT ? AS v', [value]))[0].v);
    expect(await echo(null)).toBeNull();
    expect(await echo(undefined)).toBeNull();
    expect(await echo(true)).toBe(1);
    expect(await echo(5n)).toBe(5);
    expect(await echo(new Date('2024-01-02T03:04:05.678Z'))).toBe('2024-01-02 03:04:05.678');
    expect(await echo(Buffer.from([1, 2]))).toEqual(Buffer.from([1, 2]));
    for (const value of [{ a: 1 }, [1], Symbol('x'), () => 1]) {
      const error = await errorOf(() => echo(value));
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(error.message).toMatch(/cannot hold a parameter of this type/);
    }
    await scope.dispose();
  });

  it('refuses a text with U+0000, of which it might keep the beginning only', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const error = await errorOf(() => source(Maria).use((m) => m.query('SELECT ? AS v', ['a\0b'])));
    expect(error.message).toMatch(/cannot hold a text with the character U\+0000/);
    await scope.dispose();
  });

  it('reads bytes that are not UTF-8 as U+FFFD, and goes on', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const rows = await source(Maria).use((m) =>
      m.query(
        `SELECT CAST(x'C7E1' AS TEXT) AS windows, json_extract('"ada\\ud83d"', '$') AS half, 'ok' AS whole`,
      ),
    );
    const [row] = rows;
    expect(row).toMatchObject({ whole: 'ok', windows: expect.stringMatching(/^\uFFFD+$/) });
    expect(row.half).toMatch(/^ada\uFFFD+$/);
    await scope.dispose();
  });

  it('gives an integer that no number can be as text, from a query and from a write', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const large = 2n ** 53n + 1n;
    await source(Maria).use(async (m) => {
      await m.query('CREATE TABLE large (v INTEGER, w INTEGER)');
      const insert = 'INSERT INTO large VALUES (?, 7) RETURNING v, w';
      expect(await m.query(insert, [large])).toEqual([{ v: String(large), w: 7 }]);
      expect(await m.query('SELECT v, w FROM large')).toEqual([{ v: String(large), w: 7 }]);
      expect(await m.query('SELECT count(*) AS n FROM large')).toEqual([{ n: 1 }]);
    });
    await scope.dispose();
  });

  it('keeps a column called __proto__ a column', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const [row] = await source(Maria).use((m) => m.query('SELECT 1 AS "__proto__", 2 AS b'));
    expect(Object.entries(row)).toEqual([
      ['__proto__', 1],
      ['b', 2],
    ]);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    await scope.dispose();
  });

  it('enforces foreign keys, and keeps a failed statement from spoiling what follows', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    await source(Maria).use(async (m) => {
      await m.query('CREATE TABLE a (id INTEGER PRIMARY KEY)');
      await m.query('CREATE TABLE b (a INTEGER REFERENCES a (id))');
      const error = await errorOf(() => m.query('INSERT INTO b VALUES (1)'));
      expect(error).toBeInstanceOf(QueryFailedError);
      expect(error.message).toMatch(/FOREIGN KEY/);
      await m.query('INSERT INTO a VALUES (1)');
      await m.transaction((n) => n.query('INSERT INTO b VALUES (1)'));
    });
    await scope.dispose();
  });

  it('keeps few handles open, however many runs there are', async () => {
    const { openRun } = installed();
    const open = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder.path);
        } catch {
          return false;
        }
      }).length;
    for (let i = 0; i < 200; i += 1) {
      const { scope, source } = openRun();
      await source(Maria).use((m) => m.query('SELECT ? AS v', [i]));
      await scope.dispose();
    }
    if (existsSync('/proc/self/fd')) expect(open()).toBeLessThanOrEqual(3);
  });

  it('is opened anew when another file has taken its name', async () => {
    const { openRun } = installed({}, { HRIS_URL: 'sqlite:maria.db' });
    const write = async (value: number) => {
      const { scope, source } = openRun();
      await source(Maria).use((m) => m.query('CREATE TABLE n (v INTEGER)'));
      await source(Maria).use((m) => m.query('INSERT INTO n VALUES (?)', [value]));
      await scope.dispose();
    };
    const read = async () => {
      const { scope, source } = openRun();
      const rows = await source(Hris).use((m) => m.query('SELECT v FROM n'));
      await scope.dispose();
      return rows;
    };
    await write(1);
    expect(await read()).toEqual([{ v: 1 }]);
    for (const end of ['', '-wal', '-shm']) {
      const file = join(folder.path, `maria.db${end}`);
      if (existsSync(file)) renameSync(file, join(folder.path, `old.db${end}`));
    }
    await write(2);
    expect(await read()).toEqual([{ v: 2 }]);
  });

  it('says what to do when the file of a read-only source is missing, and does not make it', async () => {
    const { openRun } = installed();
    const { scope, source } = openRun();
    const error = await errorOf(() => source(Hris).use((m) => m.query('SELECT 1')));
    expect(error).toMatchObject({
      name: 'ConnectionError',
      code: 'SKEP_CONNECT_FAILED',
      message: `hris cannot be reached: there is no file ${join(folder.path, 'hris.db')}`,
      remedy: 'Set HRIS_URL, or enable the plugin sample-site, which makes a sample of it.',
    });
    expect(existsSync(join(folder.path, 'hris.db'))).toBe(false);
    await scope.dispose();
  });

  it('is recognised when it is no database, or a broken one', async () => {
    writeFileSync(
      join(folder.path, 'maria.db'),
      'this is a text, and not a short one. '.repeat(200),
    );
    const { openRun } = installed();
    const first = openRun();
    const text = await errorOf(() => first.source(Maria).use((m) => m.query('SELECT 1')));
    expect(text).toMatchObject({ code: 'SKEP_DATABASE_FILE' });
    expect(text.message).toMatch(/maria\.db is not a SQLite database/);
    await first.scope.dispose();

    const good = installed({}, { MARIA_URL: 'sqlite:good.db' }).openRun();
    await good.source(Maria).use(async (m) => {
      await m.query('PRAGMA page_size = 4096');
      await m.query('CREATE TABLE n (v TEXT)');
      for (let i = 0; i < 50; i += 1)
        await m.query('INSERT INTO n VALUES (?)', ['x'.repeat(1_000)]);
      await m.query('PRAGMA wal_checkpoint(TRUNCATE)');
    });
    await good.scope.dispose();
    const { readFileSync } = await import('node:fs');
    const bytes = readFileSync(join(folder.path, 'good.db'));
    writeFileSync(join(folder.path, 'bad.db'), bytes.fill(0xaa, 4_200, 40_000));
    const broken = installed({}, { MARIA_URL: 'sqlite:bad.db' }).openRun();
    const error = await errorOf(() => broken.source(Maria).use((m) => m.query('SELECT * FROM n')));
    expect(error).toMatchObject({ code: 'SKEP_DATABASE_FILE' });
    await broken.scope.dispose();
  });

  it('is a folder, or lies in one that is none', async () => {
    folder.write('file', 'x');
    for (const [url, what] of [
      [`sqlite:${folder.path}`, /cannot be used/],
      ['sqlite:file/under/a/file.db', /cannot be used/],
    ] as const) {
      const { openRun } = installed({}, { MARIA_URL: url });
      const { scope, source } = openRun();
      const error = await errorOf(() => source(Maria).use((m) => m.query('SELECT 1')));
      expect(error).toMatchObject({ code: 'SKEP_DATABASE_FILE' });
      expect(error.message).toMatch(what);
      await scope.dispose();
    }
  });
});
