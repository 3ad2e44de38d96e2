// Reads a written site and applies the rules of docs/reference/attendance.md to it one by one, as plainly
// as they are stated. It knows nothing of the plan; what it finds is compared with the answer key.
import type { AnswerKey, ExpectedDay } from '../../../src/plugins/sample-site/index.js';
import type { AssignmentRow, EmployeeRow, LogRow, ShiftRow, SiteRows } from './site-files.js';
import { plusDays, WallTime } from './wall-time.js';

/** What the rules say. */
export type Findings = Omit<AnswerKey, 'replication'>;

interface Work {
  start: number;
  end: number;
  shift: ShiftRow;
}

const hour = 3600;
const attendance = new Set([0x1000, 0x1300, 0x1200, 0x1500]);
const never = '9999-12-31';

export function applyRules(site: SiteRows, zone: string): Findings {
  const time = new WallTime(zone);
  const counts = {
    passedOver: 0,
    matched: 0,
    unmatched: 0,
    clockAhead: 0,
    clockBehind: 0,
    duress: 0,
  };
  const matchedBy = new Map<number, number>();
  const unmatchedBy = new Map<string, number>();
  const taps = new Map<number, number[]>();
  let horizon = Number.NEGATIVE_INFINITY;
  let firstDay = never;

  for (const row of [...site.logs.values()].flat()) {
    const eventClass = row.EVT & 0xff00;
    if (!attendance.has(eventClass)) {
      counts.passedOver++;
      continue;
    }
    const server = Math.max(...time.instants(row.SRVDT)); // rule 1
    horizon = Math.max(horizon, server);
    if (row.DEVDT > server + 600)
      counts.clockAhead++; // rule 2
    else if (row.DEVDT < server - 366 * 24 * hour) counts.clockBehind++;
    else {
      if (eventClass === 0x1200 || eventClass === 0x1500) counts.duress++;
      const date = time.date(row.DEVDT);
      if (date < firstDay) firstDay = date;
      const employee = ownerOf(site.employees, row, date);
      if (employee === undefined) {
        counts.unmatched++;
        unmatchedBy.set(row.USRID, (unmatchedBy.get(row.USRID) ?? 0) + 1);
      } else {
        counts.matched++;
        matchedBy.set(employee.ID, (matchedBy.get(employee.ID) ?? 0) + 1);
        const before = taps.get(employee.ID);
        if (before) before.push(row.DEVDT);
        else taps.set(employee.ID, [row.DEVDT]);
      }
    }
  }

  const days: ExpectedDay[] = [];
  for (const employee of [...site.employees].sort((a, b) => a.ID - b.ID)) {
    if (employee.IsActive === 0 && employee.TerminationDate === null) continue; // rule 10
    const assignments = site.assignments.filter(({ EmployeeID }) => EmployeeID === employee.ID);
    const known = new Map<string, Work | null>();
    const workOn = (date: string): Work | null => {
      let work = known.get(date);
      if (work === undefined) {
        work = findWork(assignments, site.shifts, date, time);
        known.set(date, work);
      }
      return work;
    };
    const sorted = (taps.get(employee.ID) ?? []).sort((a, b) => a - b);
    let date = employee.HireDate;
    if (date < firstDay) date = firstDay;
    for (; date <= (employee.TerminationDate ?? never); date = plusDays(date, 1)) {
      const [opens, closes] = windowOf(date, workOn, time);
      if (closes > horizon) break;
      const inWindow = sorted.filter((at) => at >= opens && at < closes);
      days.push(resultOf(employee, date, workOn(date), inWindow));
    }
  }
  const logged = [...site.logs.values()].reduce((sum, rows) => sum + rows.length, 0);
  const tables = new Map([...site.logs].map(([name, rows]) => [name, rows.length]));
  return { horizon, firstDay, events: { logged, ...counts }, tables, matchedBy, unmatchedBy, days };
}

/** Rule 3. */
function ownerOf(
  employees: readonly EmployeeRow[],
  { USRID }: LogRow,
  date: string,
): EmployeeRow | undefined {
  return byCode(employees)
    .get(USRID)
    ?.filter(({ HireDate, TerminationDate }) => {
      return date >= HireDate && (TerminationDate === null || date <= plusDays(TerminationDate, 1));
    })
    .sort((a, b) => (a.HireDate < b.HireDate ? 1 : -1))[0];
}

const codes = new WeakMap<readonly EmployeeRow[], Map<string, EmployeeRow[]>>();

function byCode(employees: readonly EmployeeRow[]): Map<string, EmployeeRow[]> {
  let known = codes.get(employees);
  if (known === undefined) {
    known = new Map();
    for (const row of employees) known.set(row.Code, [...(known.get(row.Code) ?? []), row]);
    codes.set(employees, known);
  }
  return known;
}

/** Rule 5. */
function findWork(
  assignments: readonly AssignmentRow[],
  shifts: readonly ShiftRow[],
  date: string,
  time: WallTime,
): Work | null {
  const [holds] = assignments
    .filter(({ StartDate, EndDate }) => StartDate <= date && date <= (EndDate ?? never))
    .sort((a, b) =>
      a.StartDate === b.StartDate ? b.ID - a.ID : a.StartDate < b.StartDate ? 1 : -1,
    );
  const shift = shifts.find(({ ID }) => ID === holds?.ShiftID);
  const monday0 = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  if (shift?.WorkDays[monday0] !== '1') return null;
  const endDate = shift.EndTime > shift.StartTime ? date : plusDays(date, 1);
  const [start] = time.instants(`${date} ${shift.StartTime}:00`);
  const [end] = time.instants(`${endDate} ${shift.EndTime}:00`);
  return { start, end, shift };
}

/** Rule 6. */
function windowOf(
  date: string,
  workOn: (date: string) => Work | null,
  time: WallTime,
): [opens: number, closes: number] {
  const [before, work, after] = [
    workOn(plusDays(date, -1)),
    workOn(date),
    workOn(plusDays(date, 1)),
  ];
  const middle = (a: Work, b: Work): number => Math.floor((a.end + b.start) / 2);
  if (work !== null) {
    let [opens, closes] = [work.start - 4 * hour, work.end + 6 * hour];
    if (before !== null && middle(before, work) > opens) opens = middle(before, work);
    if (after !== null && middle(work, after) < closes) closes = middle(work, after);
    return [opens, closes];
  }
  let [opens] = time.instants(`${date} 00:00:00`);
  let [closes] = time.instants(`${plusDays(date, 1)} 00:00:00`);
  if (before !== null && before.end + 6 * hour > opens) opens = before.end + 6 * hour;
  if (after !== null && after.start - 4 * hour < closes) closes = after.start - 4 * hour;
  return [opens, closes];
}

/** Rules 7 to 9. */
function resultOf(
  employee: EmployeeRow,
  date: string,
  work: Work | null,
  taps: readonly number[],
): ExpectedDay {
  const kept: number[] = [];
  for (const at of taps) {
    const last = kept.at(-1);
    if (last === undefined || at - last >= 120) kept.push(at);
  }
  const firstIn = kept[0] ?? null;
  const lastOut = kept.length > 1 ? (kept.at(-1) ?? null) : null;
  const result = {
    employeeId: employee.ID,
    code: employee.Code,
    date,
    firstIn,
    lastOut,
    workedMinutes: 0,
    lateMinutes: 0,
    earlyMinutes: 0,
    kept: kept.length,
    collapsed: taps.length - kept.length,
  };
  if (firstIn !== null && lastOut !== null) {
    result.workedMinutes = Math.floor((lastOut - firstIn) / 60);
    if (work !== null) {
      const late = Math.floor((firstIn - work.start) / 60);
      const early = Math.floor((work.end - lastOut) / 60);
      if (late > work.shift.GraceLateMinutes) result.lateMinutes = late;
      if (early > work.shift.GraceEarlyMinutes) result.earlyMinutes = early;
    }
  }
  const status = (): ExpectedDay['status'] => {
    if (work === null) return 'off';
    if (kept.length === 0) return 'absent';
    if (kept.length === 1) return 'incomplete';
    if (result.lateMinutes > 0) return 'late';
    return result.earlyMinutes > 0 ? 'early_leave' : 'present';
  };
  return { ...result, status: status() };
}
