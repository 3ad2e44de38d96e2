// What a person reads of an execution that waits for a worker which knows its task.

import { executionDocument, printExecution } from '../../src/cli/terminal/execution.js';
import { executionLine } from '../../src/cli/terminal/execution-table.js';
import type { Output } from '../../src/cli/terminal/output.js';
import type { ExecutionView } from '../../src/core/execution.js';
import { Executions, type ExecutionsParts } from '../../src/core/executions/executions.js';

const queued: ExecutionView = {
  id: 'e-1',
  task: 'newer',
  queue: 'default',
  state: 'queued',
  attempt: 0,
  crashes: 0,
  payload: null,
  dispatchedAt: 1_000,
  availableAt: 1_000,
  triggeredBy: 'code',
};
const waiting = { ...queued, unknownSince: Date.UTC(2026, 0, 2, 3, 4, 5) };

test('list and show say it in plain words, and JSON says since when', () => {
  expect(executionLine(waiting)).toContain('waits for a worker that knows the task');
  expect(executionLine(queued)).not.toContain('waits');
  const lines: string[] = [];
  const output = { line: (text = '') => void lines.push(text) } as unknown as Output;
  printExecution(output, waiting);
  expect(lines).toContainEqual(
    expect.stringMatching(/^waits +for a worker that knows the task, since 2026-01-0[123] /),
  );
  expect(executionDocument(waiting)).toMatchObject({ unknownSince: '2026-01-02T03:04:05.000Z' });
  expect(executionDocument(queued)).not.toHaveProperty('unknownSince');
});

describe('of an execution on record', () => {
  const find = (
    recorded: ExecutionView,
    ask: () => Promise<ExecutionView | undefined>,
  ): Promise<ExecutionView | undefined> =>
    new Executions({
      broker: { find: ask },
      store: { history: { find: async () => recorded } },
    } as unknown as ExecutionsParts).find('e-1');

  test('the queue tells it; while the queue is away, the record is all there is', async () => {
    expect(await find({ ...queued, tracked: true }, async () => waiting)).toMatchObject({
      ...{ tracked: true, unknownSince: waiting.unknownSince },
    });
    const away = () => Promise.reject(new Error('Redis is away'));
    expect(await find(queued, away)).toEqual(queued);
  });

  test('the queue is not asked for one that has ended', async () => {
    const ended: ExecutionView = { ...queued, state: 'success' };
    expect(await find(ended, () => Promise.reject(new Error('not to be asked')))).toEqual(ended);
  });
});
