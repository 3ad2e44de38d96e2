// The entities, as users read through them: every column is there, in the type that is promised.
import type { EntityManager } from 'typeorm';
import { Maria } from '../../../src/datasources/index.js';
import {
  AttendanceEvent,
  ComplianceDay,
  QuarantinedEvent,
} from '../../../src/plugins/attendance/index.js';
import {
  Department,
  Employee,
  EmployeePosition,
  Position,
  Shift,
  ShiftAssignment,
} from '../../../src/plugins/hris/index.js';
import { hrisRows, hrisTables, logRows, logTable, openWritten } from './hand-made.js';
import { type Installed, install, onBothEngines } from './installation.js';

onBothEngines('entities', (urls) => {
  let site: Installed;
  beforeAll(async () => {
    await using hris = await openWritten(urls().hris);
    await using biostar = await openWritten(urls().biostar);
    await hris.execute(
      ...hrisTables,
      hrisRows('HR_OrganizationUnit', [1, null, 'D', 'Works', 'مصنع', 1]),
      hrisRows('HR_Employee', [1, '0042', 'One', 'واحد', 1, '2024-01-01', null]),
      hrisRows('HR_Position', [1, 'ENG', 'Engineer', 'مهندس', 0]),
      hrisRows('HR_EmployeePosition', [1, 1, 1, 1, '2024-01-01', '2024-12-31']),
      hrisRows('TMS_Shift', [1, 'DAY', 'Day', 'نهاري', '08:00', '16:00', 5, 10, '1111111', 1]),
      hrisRows('TMS_ShiftAssignment', [1, 1, 1, '2024-01-01', null]),
    );
    await biostar.execute(
      logTable('t_lg202401'),
      logRows(
        't_lg202401',
        { id: 1, user: '0042', at: '2024-01-15 08:00:00', event: 0x1201 },
        { id: 2, user: 'x', at: '2024-01-16 23:00:00' },
        { id: 3, user: '0042', at: '2024-01-15 09:00:00', server: null },
      ),
    );
    site = await install(urls(), { attendance: { zone: 'UTC' } });
    for (const task of ['hris_replication', 'sync_attendance', 'calculate_compliance']) {
      await site.run(task);
    }
  });
  afterAll(() => site[Symbol.asyncDispose]());

  const read = <T>(work: (manager: EntityManager) => Promise<T>): Promise<T> =>
    site.using(Maria, (maria) => maria.use(work));

  it('of what was replicated', async () => {
    const rowHash = expect.any(String);
    const common = { id: 1, active: true, rowHash };
    expect(await read((manager) => manager.find(Department))).toEqual([
      { ...common, code: 'D', nameEn: 'Works', nameAr: 'مصنع', parentId: null },
    ]);
    expect(await read((manager) => manager.findBy(Employee, { code: '0042' }))).toEqual([
      {
        ...common,
        code: '0042',
        nameEn: 'One',
        nameAr: 'واحد',
        hireDate: '2024-01-01',
        terminationDate: null,
      },
    ]);
    expect(await read((manager) => manager.find(Position))).toEqual([
      { ...common, active: false, code: 'ENG', nameEn: 'Engineer', nameAr: 'مهندس' },
    ]);
    const period = { startDate: '2024-01-01', endDate: '2024-12-31' };
    expect(await read((manager) => manager.find(EmployeePosition))).toEqual([
      { ...common, employeeId: 1, positionId: 1, departmentId: 1, ...period },
    ]);
    expect(await read((manager) => manager.find(Shift))).toEqual([
      {
        ...common,
        ...{ code: 'DAY', nameEn: 'Day', nameAr: 'نهاري', workDays: '1111111' },
        ...{ startTime: '08:00', endTime: '16:00', graceLateMinutes: 5, graceEarlyMinutes: 10 },
      },
    ]);
    expect(await read((manager) => manager.find(ShiftAssignment))).toEqual([
      { ...common, employeeId: 1, shiftId: 1, startDate: '2024-01-01', endDate: null },
    ]);
  });

  it('of events and days', async () => {
    const instant = Date.parse('2024-01-15T08:00:00Z') / 1_000;
    const origin = { source: 'biostar', month: 202401, userCode: '0042', tnaKey: null };
    expect(await read((manager) => manager.findBy(AttendanceEvent, { employeeId: 1 }))).toEqual([
      {
        ...origin,
        ...{ eventId: 1, employeeId: 1, deviceId: 541_000_001, eventCode: 0x1201, duress: true },
        ...{ deviceAt: instant, serverAt: instant },
      },
    ]);
    expect(await read((manager) => manager.find(QuarantinedEvent))).toEqual([
      {
        ...origin,
        ...{ eventId: 3, reason: 'no_time', deviceId: 541_000_001, eventCode: 0x1300 },
        ...{ deviceAt: instant + 3_600, serverAt: null },
      },
    ]);
    const days = await read((manager) =>
      manager.find(ComplianceDay, { order: { workDate: 'ASC' } }),
    );
    expect(days[0]).toEqual({
      ...{ employeeId: 1, workDate: '2024-01-15', shiftId: 1, status: 'incomplete' },
      ...{ firstIn: instant, lastOut: null, workedMinutes: 0, lateMinutes: 0, earlyMinutes: 0 },
      ...{ taps: 1, collapsed: 0 },
    });
  });
});
