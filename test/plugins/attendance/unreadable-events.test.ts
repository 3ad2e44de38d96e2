// Events whose values are not what their columns promise: each is kept or passed over by itself, and never ends a
// synchronisation.
import { join } from 'node:path';
import { Maria } from '../../../src/datasources/index.js';
import { type TempFolder, tempFolder } from '../../support/temp-folder.js';
import { hrisRows, hrisTables, openWritten } from './hand-made.js';
import { type Installed, install, onBothEngines } from './installation.js';

/** A log table whose columns take anything that the engine can keep. */
const looseTable = (sqlite: boolean): string => {
  const text = sqlite ? '' : 'VARCHAR(400)';
  return `CREATE TABLE t_lg202401 (EVTLGUID BIGINT PRIMARY KEY, SRVDT ${text}, DEVDT ${text}, DEVUID ${text},
    USRID ${text}, EVT ${text}, TNAKEY ${text})`;
};

/** 2024-01-15 08:00:00 UTC. */
const eight = 1_705_305_600;
const served = "'2024-01-15 08:00:00'";

onBothEngines('events that cannot be read', (urls) => {
  let site: Installed;
  beforeAll(async () => {
    await using biostar = await openWritten(urls().biostar);
    await oneEmployee(urls().hris);
    const sqlite = urls().biostar.startsWith('sqlite:');
    const noText = sqlite ? "x'00ff'" : "'0x6550'";
    await biostar.execute(
      looseTable(sqlite),
      `INSERT INTO t_lg202401 VALUES
        (1, ${served}, 'abc', 541, '42', 4864, NULL),
        (2, ${served}, '', 541, '42', 4864, NULL),
        (3, ${served}, ${noText}, 541, '42', 4864, NULL),
        (4, ${served}, '${eight}', '541', 42, '4864', '1'),
        (5, ${served}, ${eight}.75, 'door', '42', 4864, 'in'),
        (6, ${served}, ${eight}, 541, '${'9'.repeat(300)}', 4864, 99999999999),
        (7, ${served}, ${eight}, 541, '42', 'tap', NULL),
        (8, '9999-12-31 23:59:59', ${eight}, 541, '42', 4864, NULL),
        (9, '1970-01-01 00:00:10', -5, 541, '42', 4864, NULL),
        (10, ${served}, 1e30, 541, '42', 4864, NULL),
        (11, ${served}, ${eight}, 541, '42', 4864, NULL)`,
    );
    site = await install(urls(), { attendance: { zone: 'UTC', batchSize: 4 } });
    await site.run('hris_replication');
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it('are quarantined as no_time where a time is no time, and the others are stored', async () => {
    expect(await site.run('sync_attendance')).toMatchObject({
      read: 11,
      stored: 4,
      unmatched: 1,
      quarantined: 6,
      notAttendance: 1,
    });
    expect(
      await site.query(
        Maria,
        'SELECT event_id AS id, reason FROM attendance_quarantine ORDER BY event_id',
      ),
    ).toEqual([1, 2, 3, 8, 9, 10].map((id) => ({ id, reason: 'no_time' })));
    expect(
      await site.query(
        Maria,
        `SELECT event_id AS id, employee_id AS employee, device_at AS at, device_id AS device, tna_key AS tna
           FROM attendance_event ORDER BY event_id`,
      ),
    ).toEqual([
      { id: 4, employee: 1, at: eight, device: 541, tna: 1 },
      { id: 5, employee: 1, at: eight, device: null, tna: null },
      { id: 6, employee: null, at: eight, device: 541, tna: null },
      { id: 11, employee: 1, at: eight, device: 541, tna: null },
    ]);
  });

  it('do not move the horizon to a year that no database keeps', async () => {
    expect(
      await site.query(Maria, 'SELECT latest_server_at AS latest FROM attendance_cursor'),
    ).toEqual([{ latest: eight }]);
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 0 });
  });

  it('are found again, each once', async () => {
    expect(await site.run('sync_attendance')).toMatchObject({
      stored: 0,
      quarantined: 0,
      duplicates: 10,
    });
  });
});

const urlsIn = (folder: TempFolder) => {
  const url = (name: string): string => `sqlite:${join(folder.path, name)}.db`;
  return { maria: url('maria'), hris: url('hris'), biostar: url('biostar') };
};

async function oneEmployee(url: string): Promise<void> {
  await using hris = await openWritten(url);
  await hris.execute(
    ...hrisTables,
    hrisRows('HR_Employee', [1, '42', 'One', 'واحد', 1, '2024-01-01', null]),
  );
}

it('names events whose user code is not UTF-8, and stores them as those of nobody', async () => {
  using folder = tempFolder();
  const urls = urlsIn(folder);
  await using biostar = await openWritten(urls.biostar);
  await oneEmployee(urls.hris);
  await biostar.execute(
    looseTable(true),
    `INSERT INTO t_lg202401 VALUES
      (1, ${served}, ${eight}, 541, CAST(x'C7E1' AS TEXT), 4864, NULL),
      (2, ${served}, ${eight}, 541, '42', 4864, NULL)`,
  );
  await using site = await install(urls, { attendance: { zone: 'UTC' } });
  await site.run('hris_replication');
  expect(await site.run('sync_attendance')).toMatchObject({ read: 2, stored: 2, unmatched: 1 });
  expect(site.warnings()).toContainEqual(expect.stringMatching(/not valid UTF-8/));
});

it('reads on after an event with an enormous id, which is quarantined', async () => {
  using folder = tempFolder();
  const urls = urlsIn(folder);
  await using biostar = await openWritten(urls.biostar);
  await oneEmployee(urls.hris);
  const rows = (...ids: readonly number[]): string =>
    `INSERT INTO t_lg202401 VALUES ${ids.map((id) => `(${id}, ${served}, ${eight}, 541, '42', 4864, NULL)`).join(', ')}`;
  await biostar.execute(looseTable(true), rows(1, 2, 10 ** 14));
  await using site = await install(urls, { attendance: { zone: 'UTC', batchSize: 2 } });
  await site.run('hris_replication');
  expect(await site.run('sync_attendance')).toMatchObject({ stored: 2, quarantined: 1 });
  await biostar.execute(rows(3, 4, 5, 6, 7));
  expect(await site.run('sync_attendance')).toMatchObject({ stored: 5, quarantined: 0 });
  expect(await site.query(Maria, 'SELECT reason FROM attendance_quarantine')).toEqual([
    { reason: 'wrong_id' },
  ]);
  // The one that is set aside is read again each time, and named once.
  expect(await site.run('sync_attendance')).toMatchObject({ stored: 0, quarantined: 0 });
});
