// What PostgreSQL does in its own way as HRIS and as BioStar, and the engine that the plugins refuse.
import { Maria } from '../../../src/datasources/index.js';
import attendance from '../../../src/plugins/attendance/index.js';
import hris from '../../../src/plugins/hris/index.js';
import tracking from '../../../src/plugins/tracking/index.js';
import { problemsWith } from '../../composition/installation-of.js';
import { describeWithPostgres, freshPostgres } from '../../support/postgres.js';
import { site as installedSite, skep } from '../../support/skep.js';
import { tempFolder } from '../../support/temp-folder.js';
import { hrisRows, hrisTables, logTable, openWritten } from './hand-made.js';
import { type Installed, install } from './installation.js';

describeWithPostgres('sources on PostgreSQL', () => {
  const folder = tempFolder();
  const [source, log] = [freshPostgres('hris'), freshPostgres('biostar')];
  let site: Installed;
  beforeAll(async () => {
    site = await install(
      { maria: `sqlite:${folder.path}/maria.db`, hris: source.url, biostar: log.url },
      { attendance: { zone: 'Africa/Cairo' } },
    );
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it('are read in their own types, whatever form of dates the database prefers', async () => {
    await using written = await openWritten(source.url);
    await written.execute(
      ...hrisTables,
      `ALTER DATABASE ${source.name} SET datestyle = 'SQL, DMY'`,
      'ALTER TABLE HR_Employee ALTER IsActive TYPE BOOLEAN USING IsActive = 1',
      'ALTER TABLE TMS_Shift ALTER StartTime TYPE TIME USING StartTime::TIME, ALTER EndTime TYPE TIME USING EndTime::TIME',
      "INSERT INTO HR_Employee VALUES (1, '0042', 'One', 'واحد', true, '2024-02-01', '2024-12-31', now())",
      "INSERT INTO HR_Employee VALUES (2, '0043', 'Two', 'اثنان', false, '2024-02-01', NULL, now())",
      hrisRows('TMS_Shift', [1, 'DAY', 'Day', 'نهاري', '08:00', '16:30', 5, 0, '1111001', 1]),
    );
    expect(await site.run('hris_replication')).toMatchObject({ inserted: 3, rejected: 0 });
    expect(
      await site.query(
        Maria,
        'SELECT code, active, hire_date, termination_date FROM hris_employee ORDER BY id',
      ),
    ).toEqual([
      { code: '0042', active: 1, hire_date: '2024-02-01', termination_date: '2024-12-31' },
      { code: '0043', active: 0, hire_date: '2024-02-01', termination_date: null },
    ]);
    expect(await site.query(Maria, 'SELECT start_time, end_time FROM hris_shift')).toEqual([
      { start_time: '08:00', end_time: '16:30' },
    ]);
  });

  it('are read as of one moment: what is committed meanwhile waits for the next replication', async () => {
    await using written = await openWritten(source.url);
    // The replication waits at this table until the change is committed.
    await written.execute('BEGIN', 'LOCK TABLE TMS_Shift IN ACCESS EXCLUSIVE MODE');
    let changed: Promise<void> | undefined;
    site.onProgress((_, message) => {
      if (message !== 'employee positions') return;
      changed ??= written.execute("UPDATE TMS_Shift SET NameEn = 'Renamed'", 'COMMIT');
    });
    expect(await site.run('hris_replication')).toMatchObject({ updated: 0, unchanged: 3 });
    expect(changed).toBeDefined();
    await changed;
    expect(await site.run('hris_replication')).toMatchObject({ updated: 1, unchanged: 2 });
  });

  it('take a server time with a fraction, and set one with an offset aside, which is no wall time', async () => {
    await using written = await openWritten(log.url);
    const row = (id: number, server: string, at: string): string =>
      `(${id}, '${server}', ${Date.parse(at) / 1_000}, 541, '0042', 4864, NULL)`;
    await written.execute(
      logTable('t_lg202403'),
      logTable('t_lg202404'),
      'ALTER TABLE t_lg202404 ALTER SRVDT TYPE TIMESTAMPTZ',
      // The wall time of the site, two hours ahead of UTC.
      `INSERT INTO t_lg202403 VALUES ${row(1, '2024-03-03 10:00:01.25', '2024-03-03T08:00:00Z')}`,
      `INSERT INTO t_lg202404 VALUES ${row(1, '2024-04-03 08:00:01+00', '2024-04-03T08:00:00Z')}`,
    );
    expect(await site.run('sync_attendance')).toMatchObject({ stored: 1, quarantined: 1 });
    expect(
      await site.query(
        Maria,
        'SELECT month, server_at - device_at AS seconds FROM attendance_event',
      ),
    ).toEqual([{ month: 202403, seconds: 1 }]);
    expect(await site.query(Maria, 'SELECT month, reason FROM attendance_quarantine')).toEqual([
      { month: 202404, reason: 'no_time' },
    ]);
  });
});

describe('a SQL Server', () => {
  // No suite has the package `mssql`: what is refused is refused before its driver would be missed.
  it('is refused at boot as HRIS and as BioStar, without its password', async () => {
    const problems = await problemsWith({
      plugins: [tracking, hris, attendance],
      variables: {
        HRIS_URL: 'mssql://sa:hunter2@db.invalid/site',
        BIOSTAR_URL: 'mssql://sa:hunter2@db.invalid/log',
      },
    });
    expect(problems).toMatchObject(
      ['HRIS_URL', 'BIOSTAR_URL'].map((place) => ({
        code: 'SKEP_ENGINE_UNSUPPORTED',
        place,
        message: expect.stringContaining(`${place} names a SQL Server`),
        remedy: expect.stringContaining('PostgreSQL'),
      })),
    );
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each(['postgres://u@h/d', 'mysql://u@h/d', 'sqlite:./x.db', 'nothing at all', ''])(
    'and another URL is not: %j',
    async (url) => {
      const variables = { HRIS_URL: url, BIOSTAR_URL: url };
      expect(await problemsWith({ plugins: [tracking, hris, attendance], variables })).toEqual([]);
    },
  );

  it('which skep doctor and skep start say first: a driver would not help', async () => {
    using folder = installedSite({ plugins: ['skep/plugins/tracking', 'skep/plugins/hris'] });
    for (const words of [['doctor'], ['start', '--once']]) {
      const { code, stderr } = await skep(folder, words, {
        HRIS_URL: 'mssql://sa@db.invalid/site',
      });
      expect({ words, code, stderr }).toEqual({
        ...{ words, code: 2 },
        stderr: expect.stringMatching(/^SKEP_ENGINE_UNSUPPORTED HRIS_URL names a SQL Server/),
      });
      expect(stderr).not.toContain('SKEP_DRIVER_MISSING');
    }
  });
});
