// Runs that meet: events that arrive while their day is computed, replications between two pages, and
// everything at once.
import type { EntityManager } from 'typeorm';
import { Maria } from '../../../src/datasources/index.js';
import { computePage, sortPage } from '../../../src/plugins/attendance/compliance/compute-days.js';
import { type Horizon, readHorizon } from '../../../src/plugins/attendance/compliance/horizon.js';
import { attendanceOptions } from '../../../src/plugins/attendance/options.js';
import { Site } from '../../../src/plugins/attendance/site.js';
import { Directory } from '../../../src/plugins/attendance/store/directory.js';
import {
  DayMarks,
  dirtyDaysAfter,
  markDays,
  unmarkDays,
} from '../../../src/plugins/attendance/store/dirty-days.js';
import {
  answerKey,
  planSite,
  writeLater,
  writeSite,
} from '../../../src/plugins/sample-site/index.js';
import { describeWithMaria, freshDatabase } from '../../support/mariadb.js';
import { until } from '../../support/until.js';
import { hrisRows, hrisTables, logRows, logTable, openWritten, type Written } from './hand-made.js';
import { type Installed, install, onBothEngines } from './installation.js';

const settings = new Site(attendanceOptions.parse({ zone: 'UTC' }), Date.now);

/** One employee with a day shift, and the hours of one day. */
async function smallSite(hris: Written, biostar: Written): Promise<void> {
  await hris.execute(
    ...hrisTables,
    hrisRows('HR_Employee', [1, '001', 'One', 'واحد', 1, '2024-01-01', null]),
    hrisRows('TMS_Shift', [1, 'DAY', 'Day', 'نهاري', '08:00', '16:00', 0, 0, '1111111', 1]),
    hrisRows('TMS_ShiftAssignment', [1, 1, 1, '2024-01-01', null]),
  );
  await biostar.execute(
    logTable('t_lg202401'),
    logRows(
      't_lg202401',
      { id: 1, user: '001', at: '2024-01-15 08:00:00' },
      { id: 2, user: 'nobody', at: '2024-01-16 12:00:00' },
    ),
  );
}

onBothEngines('marks and coverage', (urls) => {
  let hris: Written;
  let biostar: Written;
  let site: Installed;
  beforeAll(async () => {
    hris = await openWritten(urls().hris);
    biostar = await openWritten(urls().biostar);
    await smallSite(hris, biostar);
    site = await install(urls(), { attendance: { zone: 'UTC' } });
    await site.run('hris_replication');
    await site.run('sync_attendance');
    await site.run('calculate_compliance');
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await hris[Symbol.asyncDispose]();
    await biostar[Symbol.asyncDispose]();
  });

  const day = Date.parse('2024-01-15') / 86_400_000;
  const mark = () => {
    const marks = new DayMarks();
    marks.add(1, [day]);
    return site.using(Maria, (maria) =>
      maria.use((manager) => markDays(manager, maria.dialect, marks)),
    );
  };
  const marked = () =>
    site.using(Maria, (maria) => maria.use((manager) => dirtyDaysAfter(manager, undefined, 10)));
  const unmark = (days: Parameters<typeof unmarkDays>[1]) =>
    site.using(Maria, (maria) => maria.use((manager) => unmarkDays(manager, days)));

  it('keeps a mark that was renewed since it was read', async () => {
    await mark();
    const read = await marked();
    expect(read).toEqual([{ employeeId: 1, day, marks: 1 }]);
    await mark();
    await unmark(read);
    expect(await marked()).toEqual([{ employeeId: 1, day, marks: 2 }]);
    await unmark(await marked());
    expect(await marked()).toEqual([]);
  });

  it('leaves a day alone whose schedule is not the one its coverage was recorded with', async () => {
    await mark();
    await site.query(Maria, "UPDATE attendance_compliance_day SET status = 'as it was'");
    const compute = () =>
      site.using(Maria, (maria) =>
        maria.transaction(async (manager) => {
          const directory = await Directory.hold(manager, maria.dialect, settings);
          const horizon = await horizonOf(manager);
          const days = await dirtyDaysAfter(manager, undefined, 10);
          const { closed } = sortPage(days, directory.people, horizon);
          return computePage(manager, maria.dialect, closed, horizon);
        }),
      );
    await hris.execute("UPDATE TMS_Shift SET EndTime = '17:00'");
    await site.run('hris_replication');
    expect(await compute()).toEqual([]);
    expect(await marked()).toHaveLength(1);
    // The next calculation sees that the schedule changed, and computes the day.
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 1, incomplete: 1 });
    expect(await marked()).toEqual([]);
  });

  it('reads the directory anew when a replication came in between, and only then', async () => {
    const hold = (known?: Directory) =>
      site.using(Maria, (maria) =>
        maria.transaction((manager) => Directory.hold(manager, maria.dialect, settings, known)),
      );
    const directory = await hold();
    await site.run('hris_replication');
    expect(await hold(directory)).toBe(directory);
    await hris.execute("UPDATE HR_Employee SET Code = '0001'");
    await site.run('hris_replication');
    const anew = await hold(directory);
    expect(anew).not.toBe(directory);
    expect(anew.people.map(({ code }) => code)).toEqual(['0001']);
  });
});

async function horizonOf(manager: EntityManager): Promise<Horizon> {
  const horizon = await readHorizon(manager, settings);
  if (!horizon) throw new Error('no event was stored');
  return horizon;
}

/** A manager that does something before the first statement that matches. */
function before(manager: EntityManager, statement: RegExp, step: () => Promise<unknown>) {
  let waiting = true;
  return new Proxy(manager, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (property !== 'query' || typeof value !== 'function') return value;
      return async (sql: string, parameters?: unknown[]) => {
        if (waiting && statement.test(sql)) {
          waiting = false;
          await step();
        }
        return value.call(target, sql, parameters);
      };
    },
  });
}

// On SQLite there is one transaction at a time, so these cannot meet there.
describeWithMaria('transactions that meet', () => {
  const [maria, source, biostarDatabase] = ['maria', 'hris', 'biostar'].map((name) =>
    freshDatabase(name),
  );
  let hris: Written;
  let biostar: Written;
  let site: Installed;
  beforeAll(async () => {
    const urls = {
      maria: maria?.url ?? '',
      hris: source?.url ?? '',
      biostar: biostarDatabase?.url ?? '',
    };
    hris = await openWritten(urls.hris);
    biostar = await openWritten(urls.biostar);
    await smallSite(hris, biostar);
    site = await install(urls, { attendance: { zone: 'UTC' } });
    await site.run('hris_replication');
    await site.run('sync_attendance');
    await site.run('calculate_compliance');
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await hris[Symbol.asyncDispose]();
    await biostar[Symbol.asyncDispose]();
  });

  it('leaves a day marked whose event arrives between reading its taps and writing its result', async () => {
    const arrive = async (id: number, at: string) => {
      await biostar.execute(logRows('t_lg202401', { id, user: '001', at }));
      await site.run('sync_attendance');
    };
    await arrive(3, '2024-01-15 09:00:00');
    const computed = await site.using(Maria, async (scoped) =>
      scoped.transaction(async (manager) => {
        const directory = await scoped.use((other) =>
          other.transaction((inner) => Directory.hold(inner, 'mariadb', settings)),
        );
        const horizon = await scoped.use(horizonOf);
        const days = await scoped.use((other) => dirtyDaysAfter(other, undefined, 10));
        const { closed } = sortPage(days, directory.people, horizon);
        const interrupted = before(manager, /INSERT INTO attendance_compliance_day/, () =>
          arrive(4, '2024-01-15 16:00:00'),
        );
        return computePage(interrupted, 'mariadb', closed, horizon);
      }),
    );
    // Computed without the second event, and still marked; the next calculation has both.
    expect(computed.map(({ result }) => result.status)).toEqual(['early_leave']);
    expect(await site.run('calculate_compliance')).toMatchObject({ days: 1, present: 1 });
  });

  it('makes a replication wait for the page that was matched with what it changes', async () => {
    await hris.execute("UPDATE HR_Employee SET TerminationDate = '2024-01-10'");
    let replicated = false;
    let replication: Promise<unknown> | undefined;
    await site.using(Maria, (scoped) =>
      scoped.transaction(async (manager) => {
        await Directory.hold(manager, 'mariadb', settings);
        replication = site.run('hris_replication').then(() => {
          replicated = true;
        });
        // It waits for this transaction: the server lists its statement as soon as it got there.
        await statementAppears(site, 'UPDATE hris_revision');
        expect(replicated).toBe(false);
      }),
    );
    await replication;
    expect(replicated).toBe(true);
  });
});

/** Resolves when the server is executing a statement. */
async function statementAppears(site: Installed, statement: string): Promise<void> {
  const sql = `SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE INFO LIKE '${statement}%'`;
  await until(async () => ((await site.query<{ n: number }>(Maria, sql))[0]?.n ?? 0) > 0);
}

const plan = planSite({ employees: 50, days: 60, until: '2025-11-05' });

onBothEngines('everything at once', (urls) => {
  it('comes out as the answer key says', async () => {
    await writeSite(plan, urls());
    await using site = await install(urls(), { attendance: { batchSize: 400, overlap: 400 } });
    await site.run('hris_replication');

    /** Runs a task again while it asks for a retry, as the queue would. */
    const untilDone = async (task: string): Promise<void> => {
      for (let tries = 0; tries < 50; tries += 1) {
        const { state, error } = await site.attempt(task);
        if (state === 'success') return;
        if (state !== 'retrying') throw new Error(`${task}: ${state}: ${error?.message}`);
      }
      throw new Error(`${task} was never done`);
    };
    let pages = 0;
    let meanwhile: Promise<unknown> | undefined;
    site.onProgress((task) => {
      pages += task === 'sync_attendance' ? 1 : 0;
      if (pages < 10) return;
      // The later step comes while both synchronisations are in the middle.
      meanwhile ??= writeLater(plan, urls()).then(() =>
        Promise.all(
          ['hris_replication', 'calculate_compliance', 'calculate_compliance'].map(untilDone),
        ),
      );
    });
    await Promise.all(['sync_attendance', 'sync_attendance'].map(untilDone));
    await meanwhile;
    expect(meanwhile).toBeDefined();
    for (const task of ['sync_attendance', 'calculate_compliance']) await untilDone(task);

    const key = answerKey(plan, 'later');
    const days = await site.query(
      Maria,
      `SELECT employee_id AS employeeId, CAST(work_date AS CHAR(10)) AS date, status, first_in AS firstIn,
              last_out AS lastOut, taps AS kept, collapsed
         FROM attendance_compliance_day ORDER BY employee_id, work_date`,
    );
    expect(days).toEqual(
      key.days.map(({ employeeId, date, status, firstIn, lastOut, kept, collapsed }) => ({
        employeeId,
        date,
        status,
        firstIn,
        lastOut,
        kept,
        collapsed,
      })),
    );
  });
});
