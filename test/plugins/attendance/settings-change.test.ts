// Settings that decide about events change: what is stored comes out as if they had been so from the beginning.
import { Maria } from '../../../src/datasources/index.js';
import { attendanceOptions } from '../../../src/plugins/attendance/options.js';
import { SiteZone } from '../../../src/plugins/attendance/rules/site-zone.js';
import { Site } from '../../../src/plugins/attendance/site.js';
import { Directory } from '../../../src/plugins/attendance/store/directory.js';
import { bringUpToDate } from '../../../src/plugins/attendance/sync/bring-up-to-date.js';
import { DecideAnew } from '../../../src/plugins/attendance/sync/decide-anew.js';
import { storePage } from '../../../src/plugins/attendance/sync/store-page.js';
import { rememberingLogger } from '../../support/harness.js';
import {
  hrisRows,
  hrisTables,
  type LogLiteral,
  logRows,
  logTable,
  openWritten,
} from './hand-made.js';
import { type Installed, install, onBothEngines } from './installation.js';
import { utcText } from './rules/literals.js';

/** The zone of the site, and zones that it may have been taken for. */
const cairo = 'Africa/Cairo';
const wrongZones = ['Asia/Tokyo', 'America/New_York', 'Europe/Berlin', 'Pacific/Kiritimati'];

const zone = new SiteZone(cairo);
const hour = 3_600;

/** An event with device time in UTC; its server time is that on a wall in Cairo, so much later. */
function tap(id: number, user: string, instant: number, laterBy = 3): LogLiteral {
  const server = instant + laterBy;
  return { id, user, at: utcText(instant), server: utcText(server + zone.offsetAt(server)) };
}

/** March and April of 2024: winter and summer time, and in New York and Berlin times that do not exist. */
function events(): Map<string, LogLiteral[]> {
  const tables = new Map<string, LogLiteral[]>();
  const add = (user: string, instant: number, laterBy?: number): void => {
    const name = `t_lg${utcText(instant).slice(0, 7).replace('-', '')}`;
    const known = tables.get(name) ?? [];
    tables.set(name, known);
    known.push(tap(known.length + 1, user, instant, laterBy));
  };
  const first = Date.parse('2024-03-06T00:00:00Z') / 1_000;
  for (let day = 0; day < 54; day += 1) {
    const morning = first + day * 24 * hour + 6 * hour;
    for (const user of ['001', '002', 'nobody']) {
      add(user, morning);
      add(user, morning + 8 * hour, day % 7 === 0 ? 30 * hour : 3);
    }
    // Near midnight in Cairo, where another zone has another date; at night, where Berlin and New York skip an hour.
    add('002', morning + 15.9 * hour);
    add('001', morning - 5.5 * hour);
    if (day % 5 > 0) continue;
    // Ahead by 9 minutes, by 11, by an hour and a half; behind by 430 days, before anybody was hired.
    for (const laterBy of [-9 * 60, -11 * 60, -1.5 * hour]) add('001', morning + 2 * hour, laterBy);
    add('001', morning - 430 * 24 * hour, 430 * 24 * hour);
  }
  // On the first day of whom 002 was handed on to; west of Cairo it is the day before, when nobody had it.
  add('002', Date.parse('2024-03-11T22:30:00Z') / 1_000);
  return tables;
}

onBothEngines('changed settings', (urls) => {
  const fresh = new Map<string, Awaited<ReturnType<Installed['dump']>>>();
  const all = ['sync_attendance', 'calculate_compliance'];
  const settings = { zone: cairo, batchSize: 50 };
  const open = (attendance: Readonly<Record<string, unknown>>) =>
    install(urls(), { attendance: { ...settings, ...attendance } });

  /** Runs tasks with other settings. */
  const runWith = async (
    attendance: Readonly<Record<string, unknown>>,
    tasks: readonly string[] = all,
  ): Promise<Record<string, number>> => {
    await using site = await open(attendance);
    let result: Record<string, number> = {};
    for (const task of tasks) result = await site.run(task);
    return result;
  };
  /** Looks at Maria, and changes it from beside the runs. */
  let beside: Installed;
  const query = <Row>(sql: string): Promise<Row[]> => beside.query<Row>(Maria, sql);
  /** All rows but the marks: whether a day that is not due yet is marked makes no difference, it is computed when it is. */
  const dump = async (): Promise<Record<string, string[]>> => ({
    ...(await beside.dump()),
    attendance_dirty_day: [],
  });
  const forget = async () => {
    for (const table of Object.keys(await dump())) {
      if (table.startsWith('attendance_')) await query(`DELETE FROM ${table}`);
    }
  };
  /** What Maria holds when settings were so from the beginning. */
  const fromTheBeginning = async (attendance: Readonly<Record<string, unknown>>) => {
    const key = JSON.stringify(attendance);
    const known = fresh.get(key);
    if (known) return known;
    await forget();
    await runWith(attendance);
    const result = await dump();
    fresh.set(key, result);
    return result;
  };
  const failAt = (condition: string) =>
    query(
      `CREATE TRIGGER not_now BEFORE UPDATE ON attendance_settings ${
        urls().maria.startsWith('sqlite:')
          ? `WHEN ${condition} BEGIN SELECT RAISE(ABORT, 'not now'); END`
          : `FOR EACH ROW IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not now'; END IF`
      }`,
    );

  beforeAll(async () => {
    await using hris = await openWritten(urls().hris);
    await using biostar = await openWritten(urls().biostar);
    await hris.execute(
      ...hrisTables,
      hrisRows(
        'HR_Employee',
        // 002 is handed on between two days.
        [1, '001', 'One', 'واحد', 1, '2024-01-01', null],
        [2, '002', 'Two', 'اثنان', 1, '2024-01-01', '2024-03-10'],
        [3, '002', 'Three', 'ثلاثة', 1, '2024-03-12', null],
      ),
      hrisRows(
        'TMS_Shift',
        [1, 'DAY', 'Day', 'نهاري', '08:00', '16:00', 10, 10, '1111111', 1],
        [2, 'NIGHT', 'Night', 'ليلي', '22:00', '06:00', 0, 0, '1111011', 1],
      ),
      hrisRows(
        'TMS_ShiftAssignment',
        ...[1, 2, 3].map((id) => [id, id, id === 3 ? 2 : 1, '2024-01-01', null]),
      ),
    );
    for (const [name, rows] of events()) {
      await biostar.execute(logTable(name), logRows(name, ...rows));
    }
    await runWith({}, ['hris_replication']);
    beside = await open({});
  });
  afterAll(() => beside[Symbol.asyncDispose]());

  it.each(wrongZones)('decides everything anew whose zone was %s at first', async (wrong) => {
    const right = await fromTheBeginning({});
    await forget();
    await runWith({ zone: wrong });
    const before = await dump();
    expect(before.attendance_compliance_day).not.toEqual(right.attendance_compliance_day);
    await runWith({});
    expect(await dump()).toEqual(right);
  });

  it('releases the events that were all in quarantine, and nobody who tapped is absent', async () => {
    await forget();
    const quarantined = await runWith({ zone: 'Asia/Tokyo' }, ['sync_attendance']);
    const result = await runWith({}, ['sync_attendance']);
    expect(quarantined.stored).toBeLessThan(quarantined.quarantined ?? 0);
    expect(result.released).toBeGreaterThan(300);
    expect(result).toMatchObject({ stored: 0, quarantined: 0 });
    await runWith({}, ['calculate_compliance']);
    const absent = await query(
      `SELECT day.work_date FROM attendance_compliance_day day JOIN attendance_event event
         ON event.employee_id = day.employee_id AND event.device_at = day.first_in
        WHERE day.status = 'absent'`,
    );
    expect(absent).toEqual([]);
  });

  it('decides anew before days are computed, when no synchronisation has done it', async () => {
    const right = await fromTheBeginning({});
    await forget();
    await runWith({ zone: 'Asia/Tokyo' });
    await runWith({}, ['calculate_compliance']);
    expect(await dump()).toEqual(right);
  });

  it.each([
    ['raised and lowered again', { maxLateness: '500d' }, {}, {}],
    ['lowered', {}, { maxLateness: '1d' }, { maxLateness: '1d' }],
    ['a tolerance', { clockTolerance: '1m' }, { clockTolerance: '2h' }, { clockTolerance: '2h' }],
    ['zone and limits at once', { zone: 'Asia/Tokyo', maxLateness: '500d' }, {}, {}],
  ])(
    'decides events and first day anew after limits have changed: %s',
    async (_, first, then, same) => {
      const right = await fromTheBeginning(same);
      await forget();
      await runWith(first);
      await runWith(then);
      expect(await dump()).toEqual(right);
    },
  );

  it('leaves nobody a day when no event is believed any more, and gives them back', async () => {
    const right = await fromTheBeginning({});
    await forget();
    await runWith({});
    const result = await runWith({ clockTolerance: '0s', maxLateness: '0s' });
    expect(result.days).toBe(0);
    for (const table of ['attendance_event', 'attendance_compliance_day', 'attendance_dirty_day']) {
      expect(await query(`SELECT * FROM ${table}`)).toEqual([]);
    }
    await runWith({});
    expect(await dump()).toEqual(right);
  });

  it('goes on where it was cut short, also when settings have changed once more', async () => {
    const right = await fromTheBeginning({ maxLateness: '500d' });
    await forget();
    await runWith({ zone: 'Asia/Tokyo' });
    await failAt('NEW.next_month = 202404 AND NEW.next_event_id > 60');
    await using site = await open({});
    for (const task of all) {
      expect((await site.attempt(task)).error?.message).toContain('not now');
    }
    // March is decided with Cairo, the rest with Tokyo.
    const [half] = await query<{ settings: string; next_settings: string }>(
      'SELECT settings, next_settings, next_month FROM attendance_settings',
    );
    expect(half).toMatchObject({
      settings: expect.stringContaining('Tokyo'),
      next_settings: expect.stringContaining('Cairo'),
      next_month: 202_404,
    });
    await query('DROP TRIGGER not_now');
    await runWith({ maxLateness: '500d' });
    expect(await dump()).toEqual(right);
  });

  it('says how many events it has decided anew', async () => {
    await forget();
    await runWith({ zone: 'Asia/Tokyo' });
    await using site = await open({});
    const messages: (string | undefined)[] = [];
    site.onProgress((_task, message) => void messages.push(message));
    await site.run('sync_attendance');
    const counts = messages.flatMap(
      (each) => each?.match(/^(\d+) events decided anew$/)?.[1] ?? [],
    );
    const [stored] = await query<{ n: number }>(
      'SELECT (SELECT count(*) FROM attendance_event) + (SELECT count(*) FROM attendance_quarantine) AS n',
    );
    expect(Number(counts.at(-1))).toBe(Number(stored?.n));
    expect(new Set(counts).size).toBeGreaterThan(2);
  });

  it('comes out the same when several runs take part in it', async () => {
    const right = await fromTheBeginning({});
    await forget();
    await runWith({ zone: 'Pacific/Kiritimati' });
    await using one = await open({});
    await using another = await open({});
    const untilDone = async (site: Installed, task: string): Promise<void> => {
      for (let tries = 0; tries < 50; tries += 1) {
        const { state, error } = await site.attempt(task);
        if (state === 'success') return;
        if (state !== 'retrying') throw new Error(`${task}: ${state}: ${error?.message}`);
      }
      throw new Error(`${task} was never done`);
    };
    await Promise.all([
      ...[one, another].map((site) => untilDone(site, 'sync_attendance')),
      untilDone(one, 'calculate_compliance'),
    ]);
    await runWith({});
    expect(await dump()).toEqual(right);
  });

  it('decides nothing anew and writes nothing when nothing has changed', async () => {
    await runWith({});
    const before = await dump();
    await failAt('1 = 1');
    const result = await runWith({}, ['sync_attendance']);
    expect(result).toMatchObject({
      released: 0,
      withdrawn: 0,
      resolved: 0,
      moved: 0,
      dirtyDays: 0,
    });
    await query('DROP TRIGGER not_now');
    expect(await dump()).toEqual(before);
  });

  it('decides anew what a version stored that did not record its settings', async () => {
    const right = await fromTheBeginning({});
    await forget();
    await runWith({ maxLateness: '500d' });
    await query('DELETE FROM attendance_settings');
    await query('UPDATE attendance_event SET server_wall = NULL');
    await query('UPDATE attendance_cursor SET earliest_at = 1');
    await runWith({});
    expect(await dump()).toEqual(right);
  });

  it('does not go on with employees that a replication has changed meanwhile', async () => {
    await runWith({});
    const other = new Site(attendanceOptions.parse({ zone: 'UTC', batchSize: 50 }), Date.now);
    const { signal } = new AbortController();
    const { logger } = rememberingLogger();
    const context = { signal, logger, progress: () => undefined };
    const goOn = () =>
      beside.using(Maria, async (maria) => {
        const known = await maria.transaction((manager) =>
          Directory.hold(manager, maria.dialect, other),
        );
        const anew = new DecideAnew(maria, other, context);
        // Not before the directory was read, and not after the first batch.
        await query('UPDATE hris_revision SET revision = revision + 1');
        const before = await dump();
        expect(await anew.run(known)).toBe(false);
        expect(await dump()).toEqual(before);
        return bringUpToDate(maria, other, context);
      });
    const { directory, counts } = await goOn();
    expect(directory.people).toHaveLength(3);
    expect(counts.released).toBeGreaterThan(0);
    await query('UPDATE hris_revision SET revision = 1');
    await runWith({});
    expect(await dump()).toEqual(await fromTheBeginning({}));
  });

  it('stores no page beside events that another runtime decides with other settings', async () => {
    await runWith({});
    await using site = await open({});
    const other = new Site(attendanceOptions.parse({ zone: 'UTC' }), Date.now);
    const store = site.using(Maria, (maria) =>
      maria.transaction(async (manager) => {
        const directory = await Directory.hold(manager, maria.dialect, other);
        const none = { plausible: [], distrusted: [], passedOver: 0, latestServerAt: null };
        const page = { month: 202_403, fromStart: true, lastId: 2, events: none };
        return storePage(manager, maria.dialect, other, page, directory);
      }),
    );
    await expect(store).rejects.toThrow(
      /^events of the source biostar are decided with .*Cairo.* by another runtime, and with .*UTC/,
    );
  });
});
