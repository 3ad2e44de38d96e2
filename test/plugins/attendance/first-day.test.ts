// Rule 10: the site's first day is that of the earliest event that is stored as plausible.
import { Maria } from '../../../src/datasources/index.js';
import { attendanceOptions } from '../../../src/plugins/attendance/options.js';
import { Site } from '../../../src/plugins/attendance/site.js';
import { Directory } from '../../../src/plugins/attendance/store/directory.js';
import type { PlausibleEvent } from '../../../src/plugins/attendance/sync/sort-events.js';
import { storePage } from '../../../src/plugins/attendance/sync/store-page.js';
import { hrisTables, logRows, logTable, openWritten } from './hand-made.js';
import { type Installed, install, onBothEngines } from './installation.js';
import { at } from './rules/literals.js';

const month = 202_401;
const event = (id: number, time: string): PlausibleEvent => ({
  ...{ id, userCode: '001', deviceId: null, eventCode: 0x1300, tnaKey: null, serverWall: null },
  ...{ deviceAt: at(time), serverAt: at(time) },
});

onBothEngines('the first day', (urls) => {
  const site = new Site(attendanceOptions.parse({ zone: 'UTC' }), Date.now);
  let installed: Installed;

  const earliest = async () => {
    const sql = 'SELECT MIN(earliest_at) AS at FROM attendance_cursor';
    return (await installed.query<{ at: number }>(Maria, sql))[0]?.at;
  };
  const store = (...plausible: readonly PlausibleEvent[]) =>
    installed.using(Maria, (maria) =>
      maria.transaction(async (manager) => {
        const events = { plausible, distrusted: [], passedOver: 0, latestServerAt: null };
        const page = { month, fromStart: true, lastId: 9, events };
        const directory = await Directory.hold(manager, maria.dialect, site);
        return storePage(manager, maria.dialect, site, page, directory);
      }),
    );

  beforeAll(async () => {
    await using hris = await openWritten(urls().hris);
    await using biostar = await openWritten(urls().biostar);
    await hris.execute(...hrisTables);
    await biostar.execute(
      logTable('t_lg202401'),
      logRows(
        't_lg202401',
        { id: 1, user: '001', at: '2021-01-15 08:00:00', server: '2024-01-15 08:00:00' },
        { id: 2, user: '001', at: '2024-01-15 08:00:00' },
      ),
    );
    installed = await install(urls(), { attendance: { zone: 'UTC' } });
    expect(await installed.run('sync_attendance')).toMatchObject({ stored: 1, quarantined: 1 });
  });
  afterAll(() => installed[Symbol.asyncDispose]());

  it('is not that of an event in quarantine, also when its page is read again and it would be plausible', async () => {
    const page = [event(1, '2021-01-15 08:00:00'), event(2, '2024-01-15 08:00:00')];
    expect(await store(...page)).toMatchObject({ stored: 0, duplicates: 2 });
    expect(await earliest()).toBe(at('2024-01-15 08:00:00'));
  });

  it('is that of the earliest stored event after maxLateness was raised', async () => {
    const options = { attendance: { zone: 'UTC', maxLateness: '3650d' } };
    await using lenient = await install(urls(), options);
    await lenient.run('sync_attendance');
    const sql = 'SELECT MIN(device_at) AS at FROM attendance_event';
    expect(await earliest()).toBe((await installed.query<{ at: number }>(Maria, sql))[0]?.at);
    await installed.run('sync_attendance');
    expect(await earliest()).toBe(at('2024-01-15 08:00:00'));
  });

  it('is that of an earlier event that is stored later, and stays it', async () => {
    await store(event(4, '2024-01-13 08:00:00'), event(3, '2024-01-12 08:00:00'));
    expect(await earliest()).toBe(at('2024-01-12 08:00:00'));
    await store(event(5, '2024-01-14 08:00:00'));
    expect(await earliest()).toBe(at('2024-01-12 08:00:00'));
  });
});
