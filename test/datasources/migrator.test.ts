// Migrations of plugins, on both engines: written once, applied once, also by two at the same time.
import { type MigrationInterface, type QueryRunner, Table, TableColumn } from 'typeorm';
import { Maria, type MigrationClass, migrations } from '../../src/datasources/index.js';
import { errorOf, install, onBothEngines } from './support.js';

class CreatePeople1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      { name: 'id', type: 'int', isPrimary: true },
      { name: 'name', type: 'varchar', length: '100' },
    ];
    await runner.createTable(new Table({ name: 'people', columns }));
    await runner.query("INSERT INTO people VALUES (1, 'Amal')");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('people');
  }
}

class CreateVisits1764000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'visits',
        columns: [
          { name: 'id', type: 'int', isPrimary: true },
          { name: 'person', type: 'int' },
        ],
        foreignKeys: [
          { columnNames: ['person'], referencedTableName: 'people', referencedColumnNames: ['id'] },
        ],
      }),
    );
    await runner.query('INSERT INTO visits VALUES (1, 1)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('visits');
  }
}

/** On SQLite this copies the table that visits refers to. */
class AddEmail1764000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const type = { type: 'varchar', length: '200', isNullable: true };
    await runner.addColumn('people', new TableColumn({ name: 'email', ...type }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropColumn('people', 'email');
  }
}

class Misspells1764000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query("INSERT INTO no_such_table VALUES ('s3cret')");
  }

  async down(): Promise<void> {}
}

class AsksBeside1764000000005 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.connection.query('SELECT 1');
  }

  async down(): Promise<void> {}
}

class AwaitsNothing1764000000006 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT 1');
    void runner.query('CREAT TABLE half (id INT)');
  }

  async down(): Promise<void> {}
}

class Fails1764000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [{ name: 'id', type: 'int', isPrimary: true }];
    await runner.createTable(new Table({ name: 'half', columns }));
    throw new Error('the migration failed');
  }

  async down(): Promise<void> {}
}

const all = [
  'people.CreatePeople1764000000000',
  'visits.CreateVisits1764000000001',
  'people.AddEmail1764000000002',
];

onBothEngines('the migrator', ({ dialect, url }) => {
  type Plugins = Readonly<Record<string, readonly MigrationClass[]>>;
  const enabled: Plugins = {
    visits: [CreateVisits1764000000001],
    people: [AddEmail1764000000002, CreatePeople1764000000000],
  };
  const sites: ReturnType<typeof install>[] = [];
  const installed = (plugins: Plugins = enabled) => {
    const site = install({
      environment: { MARIA_URL: url() },
      plugins: Object.entries(plugins).map(([name, classes]) => ({
        name,
        contributes: [migrations(classes)],
      })),
    });
    sites.push(site);
    return site;
  };
  const query = async (sql: string): Promise<Record<string, unknown>[]> => {
    const { openRun } = installed({});
    const { scope, source } = openRun();
    try {
      return await source(Maria).use((m) => m.query(sql));
    } finally {
      await scope.dispose();
    }
  };

  beforeEach(async () => {
    for (const table of ['visits', 'people', 'half', 'skep_migrations']) {
      await query(`DROP TABLE IF EXISTS ${table}`);
    }
  });

  afterEach(async () => {
    for (const { provider } of sites.splice(0)) {
      await provider.close();
      expect(provider.account()).toMatchObject({ open: 0, leaked: 0 });
    }
  });

  it('tells what is pending without changing anything, applies it in order, and once', async () => {
    const { provider, lines } = installed();
    const { migrator } = provider;
    expect(await migrator.status()).toEqual({ pending: all, unknown: [] });
    expect(await errorOf(() => query('SELECT * FROM skep_migrations'))).toBeInstanceOf(Error);
    expect(await migrator.run()).toEqual(all);
    expect(await migrator.status()).toEqual({ pending: [], unknown: [] });
    expect(await migrator.run()).toEqual([]);
    expect(lines.filter(({ message }) => message === 'migration applied')).toHaveLength(3);
    expect(
      await query('SELECT p.name, p.email, v.id FROM people p JOIN visits v ON v.person = p.id'),
    ).toEqual([{ name: 'Amal', email: null, id: 1 }]);
    const constraint = await errorOf(() => query('INSERT INTO visits VALUES (2, 99)'));
    expect(constraint.message).toMatch(/foreign key/i);
  });

  it('lets processes that migrate at the same time wait for each other', async () => {
    const applied = await Promise.all([1, 2, 3].map(() => installed().provider.migrator.run()));
    expect(applied.map((names) => names.length).sort()).toEqual([0, 0, 3]);
    expect(await query('SELECT COUNT(*) AS c FROM skep_migrations')).toEqual([{ c: 3 }]);
  });

  it('refuses a database that a newer version of an enabled plugin has migrated', async () => {
    await installed().provider.migrator.run();
    const { migrator } = installed({
      people: [CreatePeople1764000000000],
      visits: enabled.visits ?? [],
    }).provider;
    expect(await migrator.status()).toEqual({
      pending: [],
      unknown: ['people.AddEmail1764000000002'],
    });
    for (const step of [() => migrator.ensure(), () => migrator.run()]) {
      const error = await errorOf(step);
      expect(error).toMatchObject({ code: 'SKEP_SCHEMA_NEWER' });
      expect(error.message).toBe(
        'maria was migrated by a newer version: people.AddEmail1764000000002',
      );
    }
  });

  it('leaves alone what a plugin applied that is disabled now', async () => {
    await installed().provider.migrator.run();
    const { migrator } = installed({ people: enabled.people ?? [] }).provider;
    expect(await migrator.status()).toEqual({ pending: [], unknown: [] });
    await migrator.ensure();
  });

  it('migrates a file at the start by itself, and tells what to type for a server', async () => {
    const { migrator } = installed().provider;
    if (dialect === 'sqlite') {
      await migrator.ensure();
      expect(await migrator.status()).toEqual({ pending: [], unknown: [] });
    } else {
      const error = await errorOf(() => migrator.ensure());
      expect(error).toMatchObject({ code: 'SKEP_SCHEMA_BEHIND', remedy: 'Run `skep migrate`.' });
      expect(error.message).toBe(`maria lacks 3 migrations: ${all.join(', ')}`);
      expect(await migrator.status()).toEqual({ pending: all, unknown: [] });
    }
  });

  it('keeps what went through before a migration that fails, as far as the engine allows', async () => {
    const { migrator } = installed({ ...enabled, half: [Fails1764000000003] }).provider;
    const error = await errorOf(() => migrator.run());
    expect(error.message).toBe('plugin "half", migration Fails1764000000003: the migration failed');
    const { pending } = await migrator.status();
    const half = await query('SELECT COUNT(*) AS c FROM half').catch(() => 'not there');
    if (dialect === 'sqlite') {
      // One transaction for all of it.
      expect({ pending: pending.length, half }).toEqual({ pending: 4, half: 'not there' });
    } else {
      // Each CREATE TABLE commits by itself; the failed migration is not recorded.
      expect({ pending, half }).toEqual({ pending: ['half.Fails1764000000003'], half: [{ c: 0 }] });
    }
  });

  test('a migration that fails is named with its plugin, its statement and the words of the server', async () => {
    const site = installed({ half: [Misspells1764000000004] });
    const error = await errorOf(() => site.provider.migrator.run());
    expect(error).toMatchObject({
      code: 'SKEP_MIGRATION_FAILED',
      message: expect.stringMatching(
        /^plugin "half", migration Misspells1764000000004: .*no_such_table.* in: INSERT INTO no_such_table VALUES/s,
      ),
      details: {
        plugin: 'half',
        migration: 'Misspells1764000000004',
        statement: "INSERT INTO no_such_table VALUES ('s3cret')",
      },
    });
  });

  test('a migration that uses a connection of its own is named, too', async () => {
    const site = installed({ half: [AsksBeside1764000000005] });
    expect(await errorOf(() => site.provider.migrator.run())).toMatchObject({
      code: 'SKEP_LEASE_ENDED',
      message: expect.stringMatching(
        /^plugin "half" failed in its migration AsksBeside1764000000005: /,
      ),
    });
  });

  test('a migration that does not await its statements fails, and is not recorded', async () => {
    const site = installed({ half: [AwaitsNothing1764000000006] });
    expect(await errorOf(() => site.provider.migrator.run())).toMatchObject({
      code: 'SKEP_MIGRATION_FAILED',
      message: expect.stringMatching(
        /^plugin "half", migration AwaitsNothing1764000000006: up\(\) returned .* CREAT TABLE half/,
      ),
    });
    const { pending } = await site.provider.migrator.status();
    expect(pending).toEqual(['half.AwaitsNothing1764000000006']);
  });
});
