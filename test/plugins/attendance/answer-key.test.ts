// The three tasks against the answer key of the sample site, whole and on both engines.
import { Maria } from '../../../src/datasources/index.js';
import {
  type AnswerKey,
  answerKey,
  planSite,
  writeLater,
  writeSite,
} from '../../../src/plugins/sample-site/index.js';
import { type Installed, install, onBothEngines } from './installation.js';

const plan = planSite({ employees: 60, days: 90, until: '2025-11-05' });

onBothEngines('the sample site', (urls) => {
  let site: Installed;
  beforeAll(async () => {
    await writeSite(plan, urls());
    site = await install(urls());
  });
  afterAll(() => site[Symbol.asyncDispose]());

  it('gives the first step', async () => {
    const key = answerKey(plan);
    const a = await site.run('hris_replication');
    const b = await site.run('sync_attendance');
    const c = await site.run('calculate_compliance');
    console.log(a, b, c, key.events, key.horizon);
    await expectKey(site, key);
  });
  it('gives the later step', async () => {
    await writeLater(plan, urls());
    const key = answerKey(plan, 'later');
    const a = await site.run('hris_replication');
    const b = await site.run('sync_attendance');
    const c = await site.run('calculate_compliance');
    console.log(a, b, c, key.events, key.horizon);
    await expectKey(site, key);
  });
});

async function expectKey(site: Installed, key: AnswerKey) {
  const days = await site.query<Record<string, unknown>>(
    Maria,
    `SELECT d.employee_id AS employeeId, e.code, CAST(d.work_date AS CHAR(10)) AS date, d.status, first_in AS firstIn,
     last_out AS lastOut, worked_minutes AS workedMinutes, late_minutes AS lateMinutes, early_minutes AS earlyMinutes, taps AS kept, collapsed
     FROM attendance_compliance_day d JOIN hris_employee e ON e.id = d.employee_id ORDER BY d.employee_id, d.work_date`,
  );
  expect(days).toEqual(key.days);
}
