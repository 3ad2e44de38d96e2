// The three tasks against the answer key of the sample site, whole and on both engines, and again when nothing
// is new, after the later step, and after runs that were cut short.
import { Maria } from '../../../src/datasources/index.js';
import {
  type AnswerKey,
  answerKey,
  planSite,
  type Step,
  writeLater,
  writeSite,
} from '../../../src/plugins/sample-site/index.js';
import { type Installed, install, onEachEngine } from './installation.js';

const plan = planSite({ employees: 60, days: 90, until: '2025-11-05' });
const keys: Readonly<Record<Step, AnswerKey>> = {
  first: answerKey(plan),
  later: answerKey(plan, 'later'),
};

async function runAll(site: Installed) {
  const replication = await site.run('hris_replication');
  const sync = await site.run('sync_attendance');
  const compliance = await site.run('calculate_compliance');
  return { replication, sync, compliance };
}

/** Everything that the key tells of what must lie in Maria now. */
async function found(site: Installed) {
  const count = async (sql: string): Promise<number> => {
    const [row] = await site.query<{ n: number }>(Maria, `SELECT COUNT(*) AS n FROM ${sql}`);
    return row?.n ?? 0;
  };
  const countBy = async <Key>(column: string, where: string): Promise<Map<Key, number>> => {
    const rows = await site.query<{ name: Key; n: number }>(
      Maria,
      `SELECT ${column} AS name, COUNT(*) AS n FROM attendance_event WHERE ${where} GROUP BY ${column}`,
    );
    return new Map(rows.map(({ name, n }) => [name, n]));
  };
  return {
    matched: await count('attendance_event WHERE employee_id IS NOT NULL'),
    unmatched: await count('attendance_event WHERE employee_id IS NULL'),
    duress: await count('attendance_event WHERE duress = 1'),
    clockAhead: await count("attendance_quarantine WHERE reason = 'clock_ahead'"),
    clockBehind: await count("attendance_quarantine WHERE reason = 'clock_behind'"),
    matchedBy: await countBy<number>('employee_id', 'employee_id IS NOT NULL'),
    unmatchedBy: await countBy<string>('user_code', 'employee_id IS NULL'),
    days: await site.query(
      Maria,
      `SELECT d.employee_id AS employeeId, e.code, CAST(d.work_date AS CHAR(10)) AS date, d.status,
              d.first_in AS firstIn, d.last_out AS lastOut, d.worked_minutes AS workedMinutes,
              d.late_minutes AS lateMinutes, d.early_minutes AS earlyMinutes, d.taps AS kept,
              d.collapsed
         FROM attendance_compliance_day d JOIN hris_employee e ON e.id = d.employee_id
        ORDER BY d.employee_id, d.work_date`,
    ),
  };
}

function expected({ events, matchedBy, unmatchedBy, days }: AnswerKey) {
  const { matched, unmatched, duress, clockAhead, clockBehind } = events;
  const counts = { matched, unmatched, duress, clockAhead, clockBehind };
  return { ...counts, matchedBy, unmatchedBy, days };
}

onEachEngine('the sample site', (urls) => {
  let site: Installed;
  beforeAll(async () => {
    await writeSite(plan, urls());
    site = await install(urls());
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it('comes out as its answer key says', async () => {
    const { replication, sync, compliance } = await runAll(site);
    const { events, tables, days } = keys.first;
    expect(await found(site)).toEqual(expected(keys.first));
    expect(replication).toMatchObject({ updated: 0, deactivated: 0, unchanged: 0, cycles: [] });
    expect(replication.inserted).toBe(replication.read);
    expect(sync).toMatchObject({
      tables: tables.size,
      read: events.logged,
      stored: events.matched + events.unmatched,
      unmatched: events.unmatched,
      quarantined: events.clockAhead + events.clockBehind,
      notAttendance: events.passedOver,
      duplicates: 0,
      resolved: 0,
      moved: 0,
    });
    expect(compliance.days).toBe(days.length);
    const {
      present = 0,
      late = 0,
      earlyLeave = 0,
      incomplete = 0,
      absent = 0,
      off = 0,
    } = compliance;
    expect(present + late + earlyLeave + incomplete + absent + off).toBe(days.length);
  });

  it('changes nothing when it runs again', async () => {
    const before = await site.dump();
    const { replication, sync, compliance } = await runAll(site);
    expect(await site.dump()).toEqual(before);
    expect(replication).toMatchObject({ inserted: 0, updated: 0, deactivated: 0 });
    expect(replication.unchanged).toBe(replication.read);
    expect(sync).toMatchObject({ stored: 0, quarantined: 0, resolved: 0, moved: 0, dirtyDays: 0 });
    expect(compliance.days).toBe(0);
  });

  it('comes out as its answer key says after the later step, too', async () => {
    await writeLater(plan, urls());
    const { replication, sync } = await runAll(site);
    expect(await found(site)).toEqual(expected(keys.later));
    const tables = Object.values(keys.later.replication);
    const sum = (of: 'read' | 'added' | 'changed' | 'unchanged'): number =>
      tables.reduce((total, table) => total + table[of], 0);
    expect(replication).toMatchObject({
      read: sum('read'),
      inserted: sum('added'),
      updated: sum('changed'),
      unchanged: sum('unchanged'),
    });
    expect(sync.resolved).toBeGreaterThan(0);
    // What was resolved is no longer among the unmatched, what is new and unknown is.
    expect(keys.first.events.unmatched - (sync.resolved ?? 0) + (sync.unmatched ?? 0)).toBe(
      keys.later.events.unmatched,
    );
  });

  it('comes out the same when every day is forced to be computed anew', async () => {
    const before = await site.dump();
    const { days } = await site.run('calculate_compliance', {});
    expect(days).toBe(keys.later.days.length);
    expect(await site.dump()).toEqual(before);
  });
});

onEachEngine('the sample site, run by run cut short', (urls) => {
  it('comes out as its answer key says', async () => {
    await writeSite(plan, urls());
    await using site = await install(urls(), { attendance: { batchSize: 500, overlap: 100 } });
    await site.run('hris_replication');

    let steps = 0;
    site.onProgress(() => {
      steps += 1;
      if (steps % 30 === 0) site.stop();
    });
    /** Runs a task until it is not handed back, and tells how its runs ended. */
    const untilDone = async (task: string): Promise<string[]> => {
      const states: string[] = [];
      while (states.length < 50 && (states.at(-1) ?? 'returned') === 'returned') {
        states.push((await site.attempt(task)).state);
      }
      return states;
    };
    const synchronisations = await untilDone('sync_attendance');
    expect(synchronisations.length).toBeGreaterThan(1);
    expect(synchronisations.at(-1)).toBe('success');
    // The first page of the calculation is its last.
    steps = 29;
    expect(await untilDone('calculate_compliance')).toEqual(['returned', 'success']);
    expect(await found(site)).toEqual(expected(keys.first));
  });
});
