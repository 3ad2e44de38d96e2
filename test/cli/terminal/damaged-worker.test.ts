// A worker whose record in the queue somebody has damaged is shown as far as it can be: it does not end the list of the others.
import { workerDocument } from '../../../src/cli/commands/workers.js';
import type { WorkerStatus } from '../../../src/core/ports/control.js';
import { readWorkerStatus } from '../../../src/core/run/worker-status.js';

const none = { startedAt: null, beatAt: null };
const epoch = '1970-01-01T00:00:00.000Z';

test.each([
  ['beyond Date', 1e18, { ...none, running: [{ executionId: 'e-1', startedAt: null }] }],
  ['before Date', -1e18, { ...none, running: [{ executionId: 'e-1', startedAt: null }] }],
  // What is no number is empty, as what an older version does not tell.
  ['text', 'yesterday', { startedAt: epoch, beatAt: epoch, running: [{ startedAt: epoch }] }],
  ['null', null, { startedAt: epoch, beatAt: epoch, running: [{ startedAt: epoch }] }],
])('times that are none: %s', (_, time, shown) => {
  const running = [{ executionId: 'e-1', startedAt: time }];
  const status = readWorkerStatus({ id: 'w-1', startedAt: time, beatAt: time, running });
  expect(status).toBeDefined();
  expect(workerDocument(status as WorkerStatus)).toMatchObject({ id: 'w-1', ...shown });
});
