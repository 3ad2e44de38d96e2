// Rows of HRIS with values that cannot be taken: each is set aside by itself and named, in every table, and never
// counts as vanished.
import { join } from 'node:path';
import { Maria } from '../../../src/datasources/index.js';
import { describeWithMaria, freshDatabase } from '../../support/mariadb.js';
import { tempFolder } from '../../support/temp-folder.js';
import { hrisRows, hrisTables, openWritten, type Written } from '../attendance/hand-made.js';
import { type Installed, install, onBothEngines } from '../attendance/installation.js';

/** Lets MariaDB store dates that do not exist, and columns of HRIS hold more than those of Maria. */
const loosen = (url: string): string[] =>
  url.startsWith('sqlite:')
    ? []
    : [
        "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
        'ALTER TABLE HR_Employee MODIFY NameAr VARCHAR(400), MODIFY HireDate DATE',
        'ALTER TABLE HR_Position MODIFY Code VARCHAR(400)',
        'ALTER TABLE HR_EmployeePosition MODIFY EmployeeID BIGINT',
      ];

const long = (length: number): string => 'م'.repeat(length);

onBothEngines('rows that cannot be taken', (urls) => {
  let hris: Written;
  let site: Installed;

  const stored = (table: string, columns: string) =>
    site.query<Record<string, unknown>>(Maria, `SELECT ${columns} FROM ${table} ORDER BY id`);
  const ids = async (table: string) => (await stored(table, 'id')).map(({ id }) => id);

  beforeAll(async () => {
    hris = await openWritten(urls().hris);
    await hris.execute(
      ...hrisTables,
      ...loosen(urls().hris),
      hrisRows(
        'HR_OrganizationUnit',
        [1, null, 'D1', 'Works', 'مصنع', 1],
        [2, 1, 'D2', null, 'قسم', 1],
        [3, 2, 'D3', 'Below', 'تحت', 1],
      ),
      hrisRows(
        'HR_Employee',
        [1, '001', 'One', 'واحد', 1, '2024-01-01', null],
        [2, '002', 'Two', 'اثنان', 1, '0000-00-00', null],
        [3, '003', 'Three', 'ثلاثة', 1, '2024-01-01', '2025-02-30'],
        [4, '004', null, 'أربعة', 1, '2024-01-01', null],
        [5, '005', 'Five', long(256), 1, '2024-01-01', null],
        [6, '006', 'Six', long(255), 1, '2024-01-01', '9999-12-31'],
        [7, '007', 'Seven', 'سبعة', 1, '0001-01-01', null],
      ),
      hrisRows('HR_Position', [1, 'ENG', 'Engineer', 'مهندس', 1], [2, long(65), 'X', 'س', 1]),
      hrisRows(
        'HR_EmployeePosition',
        [1, 1, 1, 1, '2024-01-01', null],
        [2, 3_000_000_000, 1, 1, '2024-01-01', null],
      ),
      hrisRows(
        'TMS_Shift',
        [1, 'DAY', 'Day', 'نهاري', '08:00', '16:00', 5, 0, '1111001', 1],
        [2, 'BAD', 'Bad', 'سيئ', '25:00', '16:00', 5, 0, '1111001', 1],
      ),
      hrisRows(
        'TMS_ShiftAssignment',
        [1, 1, 1, '2024-01-01', null],
        [2, 1, 1, '2024-01-01', '0000-00-00'],
      ),
    );
    site = await install(urls(), { hris: { batchSize: 3 } });
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await hris[Symbol.asyncDispose]();
  });

  it('are named with table, key and column, and the others of their tables are replicated', async () => {
    const summary = await site.run('hris_replication');
    expect(summary).toMatchObject({ read: 18, inserted: 9, deactivated: 0, rejected: 9 });
    const date = 'a date that exists, YYYY-MM-DD';
    expect(summary.rejections).toEqual([
      ...[rejected('HR_OrganizationUnit', 2, 'NameEn', 'is null, expected text')],
      rejected('HR_Employee', 2, 'HireDate', `is "0000-00-00", expected ${date}`),
      rejected('HR_Employee', 3, 'TerminationDate', `is "2025-02-30", expected ${date}`),
      rejected('HR_Employee', 4, 'NameEn', 'is null, expected text'),
      rejected('HR_Employee', 5, 'NameAr', expect.stringContaining('at most 255 characters')),
      rejected('HR_Position', 2, 'Code', expect.stringContaining('at most 64 characters')),
      rejected('HR_EmployeePosition', 2, 'EmployeeID', expect.stringContaining('3000000000')),
      rejected('TMS_Shift', 2, 'StartTime', expect.stringContaining('"25:00"')),
      rejected('TMS_ShiftAssignment', 2, 'EndDate', `is "0000-00-00", expected ${date}`),
    ]);
    expect(await ids('hris_employee')).toEqual([1, 6, 7]);
    expect(await stored('hris_employee', 'id, hire_date, termination_date')).toContainEqual({
      id: 7,
      hire_date: '0001-01-01',
      termination_date: null,
    });
    for (const table of ['position', 'employee_position', 'shift', 'shift_assignment']) {
      expect(await ids(`hris_${table}`)).toEqual([1]);
    }
    // The department below the one that was never replicated is a top department until it is.
    expect(await stored('hris_department', 'id, parent_id')).toEqual([
      { id: 1, parent_id: null },
      { id: 3, parent_id: null },
    ]);
    expect(site.warnings().filter((each) => each.includes('set aside'))).toHaveLength(1);
  });

  it('are taken as soon as they are corrected', async () => {
    await hris.execute(
      "UPDATE HR_OrganizationUnit SET NameEn = 'Two' WHERE ID = 2",
      "UPDATE HR_Employee SET HireDate = '2024-01-01', TerminationDate = NULL, NameEn = 'N', NameAr = 'ن' WHERE ID BETWEEN 2 AND 5",
      "UPDATE HR_Position SET Code = 'P2' WHERE ID = 2",
      'UPDATE HR_EmployeePosition SET EmployeeID = 3 WHERE ID = 2',
      "UPDATE TMS_Shift SET StartTime = '07:00' WHERE ID = 2",
      'UPDATE TMS_ShiftAssignment SET EndDate = NULL WHERE ID = 2',
    );
    expect(await site.run('hris_replication')).toMatchObject({
      inserted: 9,
      updated: 1,
      rejected: 0,
      rejections: [],
    });
    expect(await stored('hris_department', 'id, parent_id')).toContainEqual({
      id: 3,
      parent_id: 2,
    });
  });

  it('stand as they were when they were good before: none vanishes, nothing is written', async () => {
    const before = await site.dump();
    await hris.execute(
      // The whole of a table at once, which as a loss would not be believed.
      "UPDATE HR_Employee SET HireDate = '0000-00-00', IsActive = 0",
      'UPDATE HR_OrganizationUnit SET NameEn = NULL WHERE ID <> 3',
      'UPDATE TMS_ShiftAssignment SET ShiftID = NULL',
      'UPDATE HR_Position SET IsActive = NULL',
    );
    expect(await site.run('hris_replication')).toMatchObject({
      read: 18,
      inserted: 0,
      updated: 0,
      deactivated: 0,
      unchanged: 5,
      rejected: 13,
    });
    expect(await site.dump()).toEqual(before);
    await hris.execute(
      "UPDATE HR_Employee SET HireDate = '2024-01-01', IsActive = 1 WHERE ID <> 7",
      "UPDATE HR_Employee SET HireDate = '0001-01-01', IsActive = 1 WHERE ID = 7",
      "UPDATE HR_OrganizationUnit SET NameEn = 'Two' WHERE ID <> 3",
      'UPDATE TMS_ShiftAssignment SET ShiftID = 1',
      'UPDATE HR_Position SET IsActive = 1',
    );
    await site.run('hris_replication');
  });

  it('keep departments from being each other’s ancestors, as they are stored', async () => {
    // 1 is set aside with no parent stored; it comes below 3 in HRIS, which cannot be taken.
    await hris.execute(
      'UPDATE HR_OrganizationUnit SET ParentID = NULL WHERE ID = 2',
      'UPDATE HR_OrganizationUnit SET ParentID = 2 WHERE ID = 1',
      'UPDATE HR_OrganizationUnit SET ParentID = 1 WHERE ID = 3',
    );
    await site.run('hris_replication');
    await hris.execute(
      'UPDATE HR_OrganizationUnit SET Code = NULL WHERE ID = 1',
      'UPDATE HR_OrganizationUnit SET ParentID = 3 WHERE ID = 2',
    );
    // Stored: 1 below 2. Now 2 is below 3, which is below 1.
    const { cycles } = await site.run('hris_replication');
    expect(cycles).toEqual([[1, 2, 3]]);
    expect(await stored('hris_department', 'id, parent_id')).toEqual([
      { id: 1, parent_id: null },
      { id: 2, parent_id: 3 },
      { id: 3, parent_id: 1 },
    ]);
    await hris.execute(
      "UPDATE HR_OrganizationUnit SET Code = 'D1' WHERE ID = 1",
      'UPDATE HR_OrganizationUnit SET ParentID = NULL WHERE ID = 2',
    );
    expect(await site.run('hris_replication')).toMatchObject({ updated: 2, cycles: [] });
    expect(await stored('hris_department', 'id, parent_id')).toContainEqual({
      id: 1,
      parent_id: 2,
    });
  });

  it('fail the replication when they are more than maxRejected, and change nothing', async () => {
    const before = await site.dump();
    await hris.execute(
      "UPDATE HR_OrganizationUnit SET NameEn = 'Renamed'",
      'UPDATE HR_Employee SET NameEn = NULL WHERE ID IN (1, 2)',
      'UPDATE TMS_Shift SET WorkDays = NULL WHERE ID = 1',
    );
    await using strict = await install(urls(), { hris: { maxRejected: 2 } });
    const { state, error } = await strict.attempt('hris_replication');
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'TooManyRejectedError' });
    expect(error?.message).toMatch(
      /than the 2 that maxRejected allows; nothing was changed.* HR_Employee, row 1: NameEn is null.*; TMS_Shift, row 1: WorkDays is null/,
    );
    expect(await site.dump()).toEqual(before);
    await using enough = await install(urls(), { hris: { maxRejected: 3 } });
    expect(await enough.run('hris_replication')).toMatchObject({ rejected: 3, updated: 3 });
  });

  it('are named no further than the twentieth, and counted all', async () => {
    await hris.execute(
      hrisRows(
        'HR_Employee',
        ...Array.from({ length: 25 }, (_, at) => [100 + at, 'X', null, 'س', 1, '2024-01-01', null]),
      ),
    );
    const summary = await site.run('hris_replication');
    expect([summary.rejected, summary.rejections]).toEqual([28, expect.any(Array)]);
    expect(summary.rejections).toHaveLength(20);
  });
});

const rejected = (table: string, key: number, column: string, problem: unknown) => ({
  table,
  key,
  column,
  problem,
});

it('sets rows aside whose key is no number, as SQLite may keep them, and pages past them', async () => {
  using folder = tempFolder();
  const [maria, source, biostar] = ['maria', 'hris', 'biostar'].map(
    (name) => `sqlite:${join(folder.path, name)}.db`,
  );
  const urls = { maria: maria ?? '', hris: source ?? '', biostar: biostar ?? '' };
  await using hris = await openWritten(urls.hris);
  await hris.execute(
    ...hrisTables,
    hrisRows(
      'HR_Position',
      ...[null, null, 1, 2, 3, 'three', 'four'].map((id) => [id, 'C', 'N', 'ن', 1]),
    ),
  );
  await using site = await install(urls, { hris: { batchSize: 3 } });
  const summary = await site.run('hris_replication');
  expect(summary).toMatchObject({ inserted: 3, rejected: 4 });
  expect(summary.rejections).toEqual(
    ['null', 'null', '"four"', '"three"'].map((key) =>
      expect.objectContaining({ key, column: 'ID' }),
    ),
  );
  await hris.execute(
    hrisRows('HR_Position', ...['five', 'six'].map((id) => [id, 'C', 'N', 'ن', 1])),
  );
  expect((await site.attempt('hris_replication')).error?.message).toBe(
    'HR_Position: 3 rows in succession have an ID that is no number',
  );
});

it('sets a row aside whose text is not UTF-8, by table, key and column, and takes the others', async () => {
  using folder = tempFolder();
  const url = (name: string): string => `sqlite:${join(folder.path, name)}.db`;
  const urls = { maria: url('maria'), hris: url('hris'), biostar: url('biostar') };
  await using hris = await openWritten(urls.hris);
  await hris.execute(
    ...hrisTables,
    hrisRows('HR_Position', ...[1, 2, 3].map((id) => [id, 'C', 'N', 'ن', 1])),
    // Windows-1256, as an old program may have written it.
    "UPDATE HR_Position SET NameAr = CAST(x'C7E1E3CF' AS TEXT) WHERE ID = 2",
  );
  await using site = await install(urls);
  const summary = await site.run('hris_replication');
  expect(summary).toMatchObject({ inserted: 2, rejected: 1 });
  expect(summary.rejections).toEqual([
    rejected('HR_Position', 2, 'NameAr', expect.stringContaining('text whose bytes are UTF-8')),
  ]);
});

describeWithMaria('types of MariaDB', () => {
  const [maria, source, biostar] = ['maria', 'hris', 'biostar'].map((name) => freshDatabase(name));

  it('takes BIT(1) for a flag and TIME for a time of day', async () => {
    const urls = { maria: maria?.url ?? '', hris: source?.url ?? '', biostar: biostar?.url ?? '' };
    await using hris = await openWritten(urls.hris);
    await hris.execute(
      ...hrisTables,
      'ALTER TABLE HR_Position MODIFY IsActive BIT(1)',
      'ALTER TABLE TMS_Shift MODIFY StartTime TIME, MODIFY EndTime TIME(3), MODIFY IsActive BOOLEAN',
      hrisRows('HR_Position', [1, 'A', 'A', 'أ', 1], [2, 'B', 'B', 'ب', 0]),
      hrisRows(
        'TMS_Shift',
        [1, 'DAY', 'Day', 'نهاري', '08:00', '16:30', 5, 0, '1111001', 1],
        [2, 'ODD', 'Odd', 'غريب', '08:00:30', '16:30', 5, 0, '1111001', 1],
      ),
    );
    await using site = await install(urls);
    expect(await site.run('hris_replication')).toMatchObject({ inserted: 3, rejected: 1 });
    expect(await site.query(Maria, 'SELECT id, active FROM hris_position ORDER BY id')).toEqual([
      { id: 1, active: 1 },
      { id: 2, active: 0 },
    ]);
    expect(await site.query(Maria, 'SELECT start_time, end_time FROM hris_shift')).toEqual([
      { start_time: '08:00', end_time: '16:30' },
    ]);
  });
});
