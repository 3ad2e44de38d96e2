// What the default site holds: every situation that the plugins must come through.
import { answerKey, planSite, writeSite } from '../../../src/plugins/sample-site/index.js';
import { type LogRow, newFolder, query, removeFolders, tableNames, urlsIn } from './site-files.js';

const plan = planSite({ until: '2025-06-15' });
const urls = urlsIn(newFolder());
const hris = <T>(sql: string): T[] => query<T>(urls.hris, sql);
const one = (sql: string): number => hris<{ n: number }>(`SELECT count(*) n ${sql}`)[0]?.n ?? 0;
const logs = new Map<string, LogRow[]>();
const events = (): LogRow[] => [...logs.values()].flat();

beforeAll(async () => {
  await writeSite(plan, urls);
  for (const name of tableNames(urls.biostar).filter((table) => table.startsWith('t_lg'))) {
    logs.set(name, query<LogRow>(urls.biostar, `SELECT * FROM ${name}`));
  }
});
afterAll(removeFolders);

describe('HRIS', () => {
  it('has 500 employees with names in both scripts', () => {
    expect(one('FROM HR_Employee')).toBe(500);
    const names = hris<{ NameEn: string; NameAr: string }>(
      'SELECT NameEn, NameAr FROM HR_Employee',
    );
    for (const { NameEn, NameAr } of names) {
      expect(NameEn).toMatch(/^[A-Za-z '-]+$/);
      expect(NameAr).toMatch(/^[\p{Script=Arabic} ]+$/u);
    }
  });

  it('has departments with a lower id than their parent, at several depths', () => {
    expect(one('FROM HR_OrganizationUnit WHERE ID < ParentID')).toBeGreaterThan(0);
    const orphans =
      'FROM HR_OrganizationUnit WHERE ParentID NOT IN (SELECT ID FROM HR_OrganizationUnit)';
    expect(one(orphans)).toBe(0);
    const depth = hris<{ depth: number }>(`
      WITH RECURSIVE tree(id, depth) AS (
        SELECT ID, 1 FROM HR_OrganizationUnit WHERE ParentID IS NULL
        UNION ALL SELECT u.ID, depth + 1 FROM HR_OrganizationUnit u JOIN tree ON u.ParentID = tree.id)
      SELECT max(depth) depth FROM tree`);
    expect(depth).toEqual([{ depth: 4 }]);
    expect(one('FROM HR_OrganizationUnit WHERE IsActive = 0')).toBe(1);
  });

  it('has employees who hold two positions at once, some from the same day', () => {
    const twice = 'FROM HR_EmployeePosition a JOIN HR_EmployeePosition b USING (EmployeeID)';
    const both = `${twice} WHERE a.ID < b.ID AND a.EndDate IS NULL AND b.EndDate IS NULL`;
    expect(one(`${both} AND a.StartDate < b.StartDate`)).toBeGreaterThan(10);
    expect(one(`${both} AND a.StartDate = b.StartDate`)).toBeGreaterThan(10);
  });

  it('has codes that differ in leading zeros only, and codes issued twice', () => {
    expect(one("FROM HR_Employee WHERE Code IN ('42', '0042', '00042')")).toBe(3);
    const reused = hris<{ Code: string; gap: number }>(`
      SELECT a.Code, julianday(b.HireDate) - julianday(a.TerminationDate) gap
        FROM HR_Employee a JOIN HR_Employee b ON a.Code = b.Code AND a.HireDate < b.HireDate`);
    expect(reused.map(({ Code }) => Code).sort()).toEqual(['0007', '0108']);
    expect(reused.map(({ gap }) => gap).sort((a, b) => a - b)[0]).toBe(1);
    expect(reused.every(({ gap }) => gap >= 1)).toBe(true);
  });

  it('has employees who left, will leave, are suspended, and have yet to come', () => {
    expect(
      one('FROM HR_Employee WHERE IsActive = 0 AND TerminationDate IS NOT NULL'),
    ).toBeGreaterThan(10);
    expect(one('FROM HR_Employee WHERE IsActive = 0 AND TerminationDate IS NULL')).toBeGreaterThan(
      0,
    );
    expect(one("FROM HR_Employee WHERE IsActive = 1 AND TerminationDate > '2025-06-15'")).toBe(1);
    expect(one("FROM HR_Employee WHERE HireDate > '2025-06-15'")).toBe(1);
  });

  it('has assignments of every shift but the closed one, some at the same time', () => {
    const used = hris<{ ID: number }>('SELECT DISTINCT ShiftID ID FROM TMS_ShiftAssignment');
    expect(used).toHaveLength(one('FROM TMS_Shift WHERE IsActive = 1'));
    expect(one('FROM TMS_Shift WHERE EndTime < StartTime')).toBe(2);
    expect(one('FROM TMS_Shift WHERE EndTime = StartTime')).toBe(1);
    const both = 'FROM TMS_ShiftAssignment a JOIN TMS_ShiftAssignment b USING (EmployeeID)';
    const overlap = `${both} WHERE a.ID < b.ID AND b.StartDate <= coalesce(a.EndDate, b.StartDate)`;
    expect(one(`${overlap} AND a.StartDate = b.StartDate`)).toBeGreaterThan(0);
    expect(one(`${overlap} AND a.StartDate < b.StartDate`)).toBeGreaterThan(0);
  });
});

describe('BioStar', () => {
  it('has about 100,000 events in tables by the UTC month of their device time', () => {
    expect(events().length).toBeGreaterThan(90_000);
    expect(events().length).toBeLessThan(110_000);
    for (const [name, rows] of logs) {
      for (const { DEVDT } of rows) {
        const month = new Date(DEVDT * 1000).toISOString().slice(0, 7).replace('-', '');
        if (name !== `t_lg${month}`) throw new Error(`${DEVDT} is in ${name}`);
      }
    }
  });

  it('has no table for a month in the midst of the others', () => {
    expect([...logs.keys()]).toEqual(expect.arrayContaining(['t_lg202504', 't_lg202506']));
    expect(logs.has('t_lg202505')).toBe(false);
  });

  it('numbers the events of each table from 1, in order of arrival', () => {
    for (const rows of logs.values()) {
      expect(rows.every(({ EVTLGUID }, index) => EVTLGUID === index + 1)).toBe(true);
      // Across a clock change backwards this would not hold; the period has none.
      expect(rows.every(({ SRVDT }, index) => SRVDT >= (rows[index - 1]?.SRVDT ?? ''))).toBe(true);
    }
  });

  it('has batches that reach a past table much later', () => {
    const march = logs.get('t_lg202503') ?? [];
    expect(march.filter(({ SRVDT }) => SRVDT > '2025-04-08').length).toBeGreaterThan(100);
  });

  it('has wrong clocks of every kind, up to the second at which they begin to be wrong', () => {
    expect([...logs.keys()]).toEqual(
      expect.arrayContaining(['t_lg197001', 't_lg200001', 't_lg202404', 't_lg202604']),
    );
    // Without a clock change within the hours compared: Cairo is UTC+3 from 25 April on.
    const ahead = (logs.get('t_lg202506') ?? []).map(
      ({ DEVDT, SRVDT }) => DEVDT - Date.parse(`${SRVDT.replace(' ', 'T')}+03:00`) / 1000,
    );
    expect(ahead).toEqual(expect.arrayContaining([600, 601]));
  });

  it('has few TNA keys, duress, and events that are not attendance', () => {
    const of = (eventClass: number): number =>
      events().filter(({ EVT }) => (EVT & 0xff00) === eventClass).length;
    for (const eventClass of [0x1000, 0x1300, 0x1200, 0x1500, 0x1100, 0x1400, 0x3000, 0x5000]) {
      expect(of(eventClass)).toBeGreaterThan(5);
    }
    const keys = events().filter(({ TNAKEY }) => TNAKEY !== null).length;
    expect(keys / events().length).toBeGreaterThan(0.01);
    expect(keys / events().length).toBeLessThan(0.2);
  });

  it('has users that HRIS does not know, some of them nearly an employee', () => {
    const codes = new Set(
      hris<{ Code: string }>('SELECT Code FROM HR_Employee').map(({ Code }) => Code),
    );
    const unknown = new Set(
      events()
        .map(({ USRID }) => USRID)
        .filter((user) => !codes.has(user)),
    );
    expect(unknown.size).toBeGreaterThan(100);
    for (const user of ['042', '7', '108', 'c0017', '0191']) expect(unknown).toContain(user);
  });
});

describe('the days', () => {
  const { days, matchedBy, unmatchedBy } = answerKey(plan);
  const count = (which: (day: (typeof days)[number]) => boolean): number =>
    days.filter(which).length;

  it('have every status', () => {
    for (const status of [
      'present',
      'late',
      'early_leave',
      'incomplete',
      'absent',
      'off',
    ] as const) {
      expect(count((day) => day.status === status)).toBeGreaterThan(100);
    }
  });

  it('have repeats, taps on off days, and both sides of a limit', () => {
    expect(count(({ collapsed }) => collapsed > 0)).toBeGreaterThan(1_000);
    expect(count(({ status, kept }) => status === 'off' && kept > 1)).toBeGreaterThan(100);
    expect(
      count(({ lateMinutes, earlyMinutes }) => lateMinutes > 0 && earlyMinutes > 0),
    ).toBeGreaterThan(10);
  });

  it('leave out the suspended, whose taps are theirs all the same', () => {
    const suspended = plan.people.find(({ code }) => code === '0122');
    expect(matchedBy.get(suspended?.id ?? 0)).toBeGreaterThan(0);
    expect(count(({ code }) => code === '0122')).toBe(0);
  });

  it('leave a badge to its holder for one day after the last', () => {
    expect(unmatchedBy.get('0121')).toBe(2);
    expect(unmatchedBy.get('0007')).toBe(2);
  });
});

describe('a plan', () => {
  it('is the same for the same options and another one for another seed', () => {
    const small = { until: '2025-06-15', employees: 40, days: 10 };
    expect(answerKey(planSite(small))).toEqual(answerKey(planSite(small)));
    expect(answerKey(planSite({ ...small, seed: 2 }))).not.toEqual(answerKey(planSite(small)));
  });

  it.each([
    ['until', { until: 'yesterday' }],
    ['employees', { until: '2025-06-15', employees: 39 }],
    ['days', { until: '2025-06-15', days: 6 }],
    ['zone', { until: '2025-06-15', zone: 'Africa/Atlantis' }],
    ['Unrecognized', { until: '2025-06-15', employes: 50 }],
  ])('is refused for a bad option: %s', (what, options) => {
    expect(() => planSite(options)).toThrow(what);
  });
});
