// A row of an execution that somebody has damaged is shown as far as it can be read: it must not end a list of others.
import { executionDocument } from '../../../../src/cli/terminal/execution.js';
import {
  attemptRecord,
  type ExecutionRow,
  executionView,
  reportOf,
} from '../../../../src/plugins/tracking/store/rows.js';

const row: ExecutionRow = {
  id: 'e-1',
  task: 'pay',
  status: 'success',
  queue: 'default',
  payload: '{"n":',
  triggered_by: 'test',
  triggered_by_user_id: null,
  schedule: null,
  scheduled_for: 'yesterday',
  created_at: 'yesterday',
  available_at: new Date(Number.NaN),
  started_at: 'yesterday',
  completed_at: 'yesterday',
  attempts: 1,
  retries: 0,
  crashes: 0,
  next_attempt_at: 'yesterday',
  result: 'not JSON',
  result_summary: null,
  error_code: null,
  error_message: null,
  worker: null,
  fence: 1,
  replay_of: null,
  parent: null,
  expires_at: null,
  unique_key: null,
  unique_until: null,
  further_fields: null,
};

test('payload and result that are no JSON are shown as their text, times that are none are left out', () => {
  const view = executionView(row);
  expect(view).toMatchObject({ id: 'e-1', payload: '{"n":', result: 'not JSON', dispatchedAt: 0 });
  expect(view).not.toHaveProperty('startedAt');
  expect(() => JSON.stringify(executionDocument(view))).not.toThrow();
  expect(reportOf(row)).toMatchObject({ result: 'not JSON', startedAt: 0, finishedAt: 0 });
});

test('a ledger that is no JSON is left out', () => {
  const attempt = attemptRecord({
    attempt: 1,
    worker: 'w',
    started_at: 'yesterday',
    completed_at: null,
    outcome: 'success',
    error_code: null,
    error_message: null,
    error_stack: null,
    ledger: '{',
  });
  expect(attempt).toEqual({ attempt: 1, worker: 'w', startedAt: 0, outcome: 'success' });
});

test('numbers, bytes and text that begins with no day are left out where a time belongs', () => {
  for (const damaged of [5, Buffer.from([255]), '5', '5.5', '0000-00-00 00:00:00.000000']) {
    const view = executionView({
      ...row,
      created_at: damaged,
      started_at: damaged,
    } as ExecutionRow);
    expect(view).toMatchObject({ id: 'e-1', dispatchedAt: 0 });
    expect(view).not.toHaveProperty('startedAt');
  }
});
