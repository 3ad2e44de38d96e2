// What is declared and configured: definitions, contributions, options, and every mistake at once.
import { SkepProblems } from '../../src/core/errors/skep-error.js';
import { inject } from '../../src/core/tasks/inject.js';
import { ServiceDatabase } from '../../src/datasources/application-database.js';
import {
  BioStar,
  collectSources,
  dataSource,
  dataSourcesSchema,
  defineDataSource,
  entities,
  Hris,
  Maria,
  migrations,
  type ScopedDataSource,
} from '../../src/datasources/index.js';
import { Source } from '../../src/datasources/source.js';
import { tempFolder } from '../support/temp-folder.js';
import { errorOf, install } from './support.js';

const Payroll = defineDataSource({
  name: 'payroll',
  env: 'PAYROLL_URL',
  role: 'external',
  readOnly: false,
  embeddedFile: 'payroll.db',
});

describe('a definition', () => {
  it('is frozen, and holds the token that tasks inject it by', () => {
    expect(Maria).toMatchObject({
      name: 'maria',
      env: 'MARIA_URL',
      role: 'application',
      readOnly: false,
    });
    expect([Hris, BioStar].map(({ readOnly, role }) => [readOnly, role])).toEqual([
      [true, 'external'],
      [true, 'external'],
    ]);
    expect(Object.isFrozen(Maria)).toBe(true);
    expect(Maria.injectionToken).toBe(Symbol.for('skep.datasource.maria'));
  });

  it.each([
    [{ name: 'Payroll' }, /name "Payroll"/],
    [{ env: 'payroll_url' }, /env "payroll_url"/],
    [{ embeddedFile: '../payroll.db' }, /embeddedFile "\.\.\/payroll\.db"/],
  ])('refuses %j', async (change, message) => {
    const error = await errorOf(() => defineDataSource({ ...Payroll, ...change }));
    expect(error).toMatchObject({ code: 'SKEP_PLUGIN_INVALID' });
    expect(error.message).toMatch(message);
  });

  it('of a plugin is injected like the three of Skep, and may be written when it says so', async () => {
    using folder = tempFolder();
    const { provider, openRun } = install({
      environment: {},
      folder: folder.path,
      plugins: [{ name: 'payroll', contributes: [dataSource(Payroll)] }],
    });
    class PaySalaries {
      constructor(@inject(Payroll) readonly payroll: ScopedDataSource) {}
    }
    const { injectable } = await import('tsyringe');
    injectable()(PaySalaries);
    const { scope } = openRun();
    const { payroll } = scope.container.resolve(PaySalaries);
    await payroll.use((m) => m.query('CREATE TABLE salaries (n INTEGER)'));
    await scope.dispose();
    expect(provider.account(Payroll)).toMatchObject({ opened: 1, closed: 1 });
    expect(provider.definitions.map(({ name }) => name)).toEqual([
      'maria',
      'hris',
      'biostar',
      'payroll',
    ]);
    await provider.close();
    await provider.close();
  });
});

describe('closing', () => {
  const forever = (): Promise<never> => new Promise(() => undefined);
  const own = [Source.prototype.close, ServiceDatabase.prototype.close] as const;
  afterEach(() => {
    [Source.prototype.close, ServiceDatabase.prototype.close] = own;
  });

  it('leaves behind what never closes, names it, and closes the others', async () => {
    const { provider, lines } = install({ environment: {} });
    const closed: string[] = [];
    ServiceDatabase.prototype.close = forever;
    Source.prototype.close = function (this: Source) {
      closed.push(this.name);
      return this.name === 'hris' ? forever() : own[0].call(this);
    };
    await provider.close(20);
    expect(closed).toEqual(['maria', 'hris', 'biostar']);
    expect(lines.map(({ message }) => message)).toEqual([
      'the connections of services did not close within 20 ms and is left behind',
      'data source "hris" did not close within 20 ms and is left behind',
    ]);
  });
});

describe('contributions', () => {
  class First1764000000000 {
    async up(): Promise<void> {}
    async down(): Promise<void> {}
  }
  class Thing {}

  it('are collected in the order of the plugins, migrations with their owner', () => {
    const collected = collectSources([
      { name: 'a', contributes: [entities(Maria, [Thing]), migrations([First1764000000000])] },
      {
        name: 'b',
        contributes: [dataSource(Payroll), { point: { name: 'migrations' }, value: 'foreign' }],
      },
      { name: 'c' },
    ]);
    expect(collected).toEqual({
      plugins: ['a', 'b', 'c'],
      definitions: [Maria, Hris, BioStar, Payroll],
      entities: [{ source: Maria, entities: [Thing] }],
      migrations: [{ owner: 'a', classes: [First1764000000000] }],
    });
  });

  it('take migrations for Maria alone: the type has no place for another source', () => {
    // @ts-expect-error migrations are of Maria; there is no source to name
    expect(() => migrations(Hris, [First1764000000000])).not.toThrow();
  });
});

describe('options', () => {
  const schema = dataSourcesSchema([Maria, Hris]);

  it('have defaults for every source', () => {
    expect(schema.parse(undefined)).toEqual({ maria: defaults, hris: defaults });
    expect(schema.parse({ hris: { lifetime: 'shared', pool: { max: 3 } } })).toEqual({
      maria: defaults,
      hris: { ...defaults, lifetime: 'shared', pool: { ...defaults.pool, max: 3 } },
    });
  });

  const defaults = {
    lifetime: 'run',
    idle: '60s',
    pool: { max: 20, acquireTimeout: '30s' },
    connectTimeout: '10s',
    driverOptions: {},
  };

  it.each([
    [{ orders: {} }, /Unrecognized key/],
    [{ maria: { livetime: 'run' } }, /Unrecognized key/],
    [{ maria: { pool: { max: 0 } } }, />=1/],
    [{ maria: { idle: '5 minutes' } }, /expected a duration/],
    [{ maria: { tls: { ca: '/ca.pem', verify: true } } }, /Unrecognized key/],
  ])('refuse %j', (section, message) => {
    const result = schema.safeParse(section);
    expect(result.error?.message).toMatch(message);
  });
});

describe('a provider', () => {
  it('reports every source that cannot be used, at once, before anything is connected', async () => {
    class Nameless {
      async up(): Promise<void> {}
      async down(): Promise<void> {}
    }
    const error = await errorOf(() =>
      install({
        environment: {
          MARIA_URL: 'oracle://h/d',
          HRIS_URL: 'mysql://u:p@h',
          BIOSTAR_URL: 'mssql://h/d',
        },
        plugins: [
          { name: 'a', contributes: [migrations([Nameless])] },
          { name: 'b', contributes: [dataSource(defineDataSource({ ...Payroll, name: 'hris' }))] },
        ],
      }),
    );
    expect(error).toBeInstanceOf(SkepProblems);
    if (!(error instanceof SkepProblems)) return;
    expect(error.problems.map(({ code }) => code).sort()).toEqual([
      'SKEP_DATASOURCE_URL',
      'SKEP_DATASOURCE_URL',
      'SKEP_DRIVER_MISSING',
      'SKEP_PLUGIN_INVALID',
      'SKEP_PLUGIN_INVALID',
    ]);
    const driver = error.problems.find(({ code }) => code === 'SKEP_DRIVER_MISSING');
    expect(driver?.message).toBe(
      'biostar: the driver of SQL Server is the package "mssql", which is not installed',
    );
    expect(driver?.remedy).toBe('Run: npm install mssql');
  });

  it('has one application database', async () => {
    const second = defineDataSource({ ...Payroll, role: 'application' });
    const error = await errorOf(() =>
      install({ environment: {}, plugins: [{ name: 'p', contributes: [dataSource(second)] }] }),
    );
    expect(error).toMatchObject({ code: 'SKEP_PLUGIN_INVALID' });
  });
});
