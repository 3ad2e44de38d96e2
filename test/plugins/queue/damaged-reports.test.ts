// What a queue remembers of executions that have ended, after somebody has written into it: each field that is not what it should
// be is left out, and the others of the list are shown.
import {
  finishedText,
  finishedView,
  jobText,
  keptText,
  readJob,
  shownFinished,
} from '../../../src/plugins/queue/bee-queue/job.js';
import { executionView } from '../../../src/plugins/queue/embedded/execution-row.js';
import { report } from '../../support/executions.js';

/** As a row of queue.db. */
function embedded(written: unknown, changes: { state?: string; dispatchedAt?: unknown } = {}) {
  const { state = 'failed', dispatchedAt = 5 } = changes;
  const json = typeof written === 'string' ? written : JSON.stringify(written);
  const facts = [1, 1, 0, dispatchedAt, 6, 'worker'];
  return executionView(['e-1', 'default', 'pay', state, ...facts, json, '{']);
}

/** As a text in Redis. */
const redis = (written: unknown) =>
  finishedView('e-1', 'default', JSON.stringify({ state: 'failed', crashes: 0, report: written }));

const damaged: [string, object][] = [
  ['startedAt', { startedAt: 'yesterday' }],
  ['finishedAt', { finishedAt: null }],
  ['worker', { worker: 5 }],
  ['summary', { summary: {} }],
  ['error', { error: 'no object' }],
  ['error', { error: { code: 'SKEP_RUN_TIMEOUT' } }],
  ['error', { error: null }],
  ['ledger', { ledger: 7 }],
  ['ledger', { ledger: { opened: 1 } }],
];

test.each(damaged)('%s of another type: %j', (field, damage) => {
  const sound = { ...report(), result: { n: 1 }, ofANewerVersion: true };
  for (const view of [embedded({ ...sound, ...damage }), redis({ ...sound, ...damage })]) {
    expect(view).toMatchObject({ id: 'e-1', result: { n: 1 }, ofANewerVersion: true });
    expect(view).not.toHaveProperty([field]);
  }
});

test('a report that is no JSON, or none at all', () => {
  for (const written of ['{', 'null', '5', '[]', '"text"']) {
    expect(embedded(written)).toMatchObject({ id: 'e-1', startedAt: 6, worker: 'worker' });
  }
});

test('a state that nobody knows is kept as it is', () => {
  expect(embedded(report(), { state: 'moonrise' })).toMatchObject({ state: 'moonrise' });
});

test('a finished record that is no JSON is shown as damaged, with what is there', () => {
  for (const text of ['{', '', 'null', '{"report":5}']) {
    expect(shownFinished('e-1', 'default', text)).toMatchObject({
      id: 'e-1',
      queue: 'default',
      task: 'unknown',
      state: 'quarantined',
      unreadable: true,
      payload: text,
      error: { code: 'SKEP_ENVELOPE_INVALID' },
    });
  }
});

test('a job nested too deep to be written again is settled all the same', () => {
  const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  for (const text of [deep, `{"data":${deep}}`, `{"data":{"task":"t","x":${deep}},"y":${deep}}`]) {
    const job = readJob(text);
    const finished = finishedText('quarantined', report(), 0);
    expect(keptText(finished, 'quarantined', report(), 0, job)).toContain('quarantined');
    const envelope = { v: 1, id: 'e-1', task: 't', queue: 'default', payload: null } as never;
    expect(jobText(envelope, 5, job.rest)).toContain('e-1');
  }
});
