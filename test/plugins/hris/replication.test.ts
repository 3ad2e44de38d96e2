// hris_replication on an HRIS written by hand: what is written, what is not, and what is not believed.
import { Maria } from '../../../src/datasources/index.js';
import { hrisRows, hrisTables, openWritten, type Written } from '../attendance/hand-made.js';
import { type Installed, install, onEachEngine } from '../attendance/installation.js';

const departments = (...rows: (readonly [id: number, parent: number | null])[]): string =>
  hrisRows(
    'HR_OrganizationUnit',
    ...rows.map(([id, parent]) => [id, parent, `D${id}`, `Department ${id}`, `قسم ${id}`, 1]),
  );

const employees = (first: number, last: number): string =>
  hrisRows(
    'HR_Employee',
    ...Array.from({ length: last - first + 1 }, (_, at) => {
      const id = first + at;
      return [id, `00${id}`, `Name ${id}`, `اسم ${id}`, 1, '2024-01-01', null];
    }),
  );

onEachEngine('replication', (urls) => {
  let hris: Written;
  let site: Installed;

  /** Replicated rows of a table, some of their columns, by id. */
  const rows = (table: string, columns: string) =>
    site.query<Record<string, unknown>>(Maria, `SELECT ${columns} FROM ${table} ORDER BY id`);

  beforeAll(async () => {
    hris = await openWritten(urls().hris);
    await hris.execute(
      ...hrisTables,
      departments([5, 9], [6, 5], [9, null]),
      employees(1, 20),
      hrisRows('HR_Position', [1, 'ENG', 'Engineer', 'مهندس', 1], [2, 'OLD', 'Typist', 'كاتب', 0]),
      hrisRows(
        'HR_EmployeePosition',
        [1, 1, 1, 5, '2024-01-01', null],
        [2, 1, 2, 6, '2023-01-01', '2023-12-31'],
      ),
      hrisRows('TMS_Shift', [1, 'N', 'Night', 'ليلي', '22:00', '06:00', 5, 0, '1111001', 1]),
      hrisRows('TMS_ShiftAssignment', [1, 1, 1, '2024-01-01', null]),
    );
    site = await install(urls(), { hris: { batchSize: 7 } });
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await hris[Symbol.asyncDispose]();
  });

  it('brings everything in, character by character', async () => {
    const summary = await site.run('hris_replication');
    expect(summary).toEqual({
      read: 29,
      inserted: 29,
      updated: 0,
      deactivated: 0,
      unchanged: 0,
      rejected: 0,
      rejections: [],
      cycles: [],
      tables: {
        departments: {
          read: 3,
          inserted: 3,
          updated: 0,
          deactivated: 0,
          unchanged: 0,
          rejected: 0,
        },
        employees: {
          read: 20,
          inserted: 20,
          updated: 0,
          deactivated: 0,
          unchanged: 0,
          rejected: 0,
        },
        positions: { read: 2, inserted: 2, updated: 0, deactivated: 0, unchanged: 0, rejected: 0 },
        employeePositions: {
          read: 2,
          inserted: 2,
          updated: 0,
          deactivated: 0,
          unchanged: 0,
          rejected: 0,
        },
        shifts: { read: 1, inserted: 1, updated: 0, deactivated: 0, unchanged: 0, rejected: 0 },
        shiftAssignments: {
          read: 1,
          inserted: 1,
          updated: 0,
          deactivated: 0,
          unchanged: 0,
          rejected: 0,
        },
      },
    });
    expect(await rows('hris_department', 'id, parent_id, name_ar')).toEqual([
      { id: 5, parent_id: 9, name_ar: 'قسم 5' },
      { id: 6, parent_id: 5, name_ar: 'قسم 6' },
      { id: 9, parent_id: null, name_ar: 'قسم 9' },
    ]);
    expect(
      (await rows('hris_employee', 'id, code, hire_date, termination_date, active'))[6],
    ).toEqual({
      id: 7,
      code: '007',
      hire_date: '2024-01-01',
      termination_date: null,
      active: 1,
    });
    expect(await rows('hris_position', 'id, active')).toEqual([
      { id: 1, active: 1 },
      { id: 2, active: 0 },
    ]);
    expect(await rows('hris_employee_position', 'id, department_id, start_date, end_date')).toEqual(
      [
        { id: 1, department_id: 5, start_date: '2024-01-01', end_date: null },
        { id: 2, department_id: 6, start_date: '2023-01-01', end_date: '2023-12-31' },
      ],
    );
    expect(await rows('hris_shift', 'start_time, end_time, grace_late_minutes, work_days')).toEqual(
      [{ start_time: '22:00', end_time: '06:00', grace_late_minutes: 5, work_days: '1111001' }],
    );
  });

  it('writes nothing when nothing changed, not even when HRIS touched its rows', async () => {
    const before = await site.dump();
    await hris.execute("UPDATE HR_Employee SET ModifiedAt = '2025-05-05 05:05:05'");
    const summary = await site.run('hris_replication');
    expect(summary).toMatchObject({
      read: 29,
      inserted: 0,
      updated: 0,
      deactivated: 0,
      unchanged: 29,
    });
    expect(await site.dump()).toEqual(before);
  });

  it('writes rows that changed and no others', async () => {
    await forbidWriting(site, urls().maria, 'hris_employee', 4);
    await hris.execute(
      "UPDATE HR_Employee SET Code = '3', TerminationDate = '2024-06-30' WHERE ID = 3",
      employees(21, 21),
    );
    const summary = await site.run('hris_replication');
    expect(summary).toMatchObject({ inserted: 1, updated: 1, deactivated: 0, unchanged: 28 });
    const [changed] = await rows('hris_employee', 'id, code, termination_date').then((all) =>
      all.filter(({ id }) => id === 3),
    );
    expect(changed).toEqual({ id: 3, code: '3', termination_date: '2024-06-30' });
    await allowWriting(site);
  });

  it('deactivates what vanished, keeps it, and takes it back when it returns', async () => {
    const employee = async (id: number) =>
      (await rows('hris_employee', 'id, code, active')).find((row) => row.id === id);
    await hris.execute('DELETE FROM HR_Employee WHERE ID IN (8, 9)');
    expect(await site.run('hris_replication')).toMatchObject({ deactivated: 2, updated: 0 });
    expect(await employee(8)).toEqual({ id: 8, code: '008', active: 0 });
    expect(await site.run('hris_replication')).toMatchObject({ deactivated: 0, updated: 0 });

    await hris.execute(employees(8, 8));
    expect(await site.run('hris_replication')).toMatchObject({ inserted: 0, updated: 1 });
    expect(await employee(8)).toEqual({ id: 8, code: '008', active: 1 });
  });

  it.each([
    [
      'an empty table',
      'DELETE FROM TMS_ShiftAssignment',
      /^TMS_ShiftAssignment: 1 of 1 active rows are gone .* \(100 %\)/,
    ],
    [
      'a short one',
      'DELETE FROM HR_Employee WHERE ID BETWEEN 10 AND 12',
      /^HR_Employee: 3 of 20 active rows .* \(15 %\), more than the 10 % that maxDeactivation /,
    ],
  ])(
    'does not believe %s: it fails, is not retried, and changes nothing',
    async (_, loss, message) => {
      const before = await site.dump();
      await hris.execute(
        'CREATE TABLE keep_e AS SELECT * FROM HR_Employee',
        'CREATE TABLE keep_a AS SELECT * FROM TMS_ShiftAssignment',
        loss,
        // What comes before the loss, in the tables as in the rows, is undone with it.
        "UPDATE HR_OrganizationUnit SET NameEn = 'Renamed'",
        "UPDATE HR_Employee SET NameEn = 'Renamed' WHERE ID = 1",
      );
      const { state, error } = await site.attempt('hris_replication');
      expect({ state, code: error?.code }).toEqual({ state: 'failed', code: 'ShortReadError' });
      expect(error?.message).toMatch(message);
      expect(await site.dump()).toEqual(before);
      await hris.execute(
        'DELETE FROM HR_Employee',
        'INSERT INTO HR_Employee SELECT * FROM keep_e',
        'DELETE FROM TMS_ShiftAssignment',
        'INSERT INTO TMS_ShiftAssignment SELECT * FROM keep_a',
        'DROP TABLE keep_e',
        'DROP TABLE keep_a',
      );
    },
  );

  it('believes a few rows, whatever part they are, and any number that HRIS itself marks inactive', async () => {
    const inactive = async (table: string) =>
      (await rows(table, 'id, active')).filter(({ active }) => active === 0).map(({ id }) => id);
    // One of two assignments is half of them.
    await hris.execute(
      hrisRows('TMS_ShiftAssignment', [2, 2, 1, '2024-01-01', null]),
      'UPDATE HR_Employee SET IsActive = 0 WHERE ID > 10',
    );
    expect(await site.run('hris_replication')).toMatchObject({ inserted: 1, deactivated: 0 });
    expect(await inactive('hris_employee')).toHaveLength(12); // 9 vanished before
    await hris.execute(
      'DELETE FROM TMS_ShiftAssignment WHERE ID = 2',
      'UPDATE HR_Employee SET IsActive = 1',
    );
    expect(await site.run('hris_replication')).toMatchObject({ deactivated: 1 });
    expect(await inactive('hris_shift_assignment')).toEqual([2]);
  });

  it('believes a loss of exactly maxDeactivation', async () => {
    expect(await site.run('hris_replication')).toMatchObject({ deactivated: 0 });
    const active = (await rows('hris_employee', 'active')).filter((row) => row.active === 1).length;
    expect(active).toBe(20);
    await hris.execute('DELETE FROM HR_Employee WHERE ID IN (19, 20)');
    expect(await site.run('hris_replication')).toMatchObject({ deactivated: 2 });
  });

  it('takes parents that come after their children, and reports and breaks cycles', async () => {
    await hris.execute(
      departments([1, 2], [2, 3], [3, 30], [30, null], [40, 41], [41, 42], [42, 40], [43, 77]),
      'UPDATE HR_OrganizationUnit SET ParentID = 1 WHERE ID = 6',
    );
    const summary = await site.run('hris_replication');
    expect(summary.cycles).toEqual([[40, 41, 42]]);
    expect(summary).toMatchObject({ inserted: 8, updated: 1 });
    const parents = (await rows('hris_department', 'id, parent_id')).map(
      ({ id, parent_id }) => `${id}<${parent_id ?? ''}`,
    );
    expect(parents.join(' ')).toBe('1<2 2<3 3<30 5<9 6<1 9< 30< 40< 41<42 42<40 43<');
    expect(site.warnings().filter((message) => message.includes('ancestors'))).toHaveLength(1);
    expect(site.warnings().filter((message) => message.includes('does not have'))).toHaveLength(1);

    // A second run reports the cycle again and has nothing to write.
    const again = await site.run('hris_replication');
    expect([again.cycles, again.updated]).toEqual([[[40, 41, 42]], 0]);

    // The missing parent arrives: its child moves below it, though its own row is as it was.
    await hris.execute(departments([77, null]));
    expect(await site.run('hris_replication')).toMatchObject({ inserted: 1, updated: 1 });
  });

  it('changes nothing when it is stopped half-way', async () => {
    const before = await site.dump();
    await hris.execute("UPDATE HR_Employee SET NameEn = 'Changed' WHERE ID = 1");
    site.onProgress((_, message) => {
      if (message === 'employees') site.stop();
    });
    expect((await site.attempt('hris_replication')).state).toBe('returned');
    expect(await site.dump()).toEqual(before);
    site.onProgress(() => undefined);
    expect(await site.run('hris_replication')).toMatchObject({ updated: 1 });
  });

  it('believes the loss of whole tables with maxDeactivation 1, and with nothing less', async () => {
    const tables = ['hris_position', 'hris_shift_assignment', 'hris_employee', 'hris_department'];
    const count = async (where: string): Promise<number> => {
      const found = await Promise.all(
        tables.map((table) => site.query(Maria, `SELECT id FROM ${table} WHERE ${where}`)),
      );
      return found.flat().length;
    };
    const [all, active] = [await count('1 = 1'), await count('active = 1')];
    // One active row: fewer than minDeactivation, and yet all that there were.
    await hris.execute('DELETE FROM HR_Position');
    await using almost = await install(urls(), { hris: { maxDeactivation: 0.999_999 } });
    expect(await almost.attempt('hris_replication')).toMatchObject({
      state: 'failed',
      error: { code: 'ShortReadError' },
    });
    expect(await count('active = 1')).toBe(active);
    await hris.execute(
      'DELETE FROM TMS_ShiftAssignment',
      'DELETE FROM HR_Employee',
      'DELETE FROM HR_OrganizationUnit',
    );
    await using believing = await install(urls(), { hris: { maxDeactivation: 1 } });
    expect(await believing.run('hris_replication')).toMatchObject({
      read: 3,
      deactivated: active,
    });
    expect(await count('active = 1')).toBe(0);
    expect(await count('1 = 1')).toBe(all);
    // What was believed once is no loss any more.
    expect(await site.run('hris_replication')).toMatchObject({ deactivated: 0 });
  });
});

/** Makes Maria refuse to write a row. */
async function forbidWriting(
  site: Installed,
  url: string,
  table: string,
  id: number,
): Promise<void> {
  const body = url.startsWith('sqlite:')
    ? `WHEN NEW.id = ${id} BEGIN SELECT RAISE(ABORT, 'written'); END`
    : `FOR EACH ROW IF NEW.id = ${id} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'written'; END IF`;
  await site.query(Maria, `CREATE TRIGGER written BEFORE UPDATE ON ${table} ${body}`);
}

async function allowWriting(site: Installed): Promise<void> {
  await site.query(Maria, 'DROP TRIGGER written');
}
