// An execution whose row somebody has damaged is shown as far as it can be: it does not end a list of others.
import { PassThrough } from 'node:stream';
import { executionDocument, printExecution } from '../../../src/cli/terminal/execution.js';
import { executionLine, printExecutions } from '../../../src/cli/terminal/execution-table.js';
import { Output } from '../../../src/cli/terminal/output.js';
import { isoTime, timeText } from '../../../src/cli/terminal/states.js';
import type { ExecutionState, ExecutionView } from '../../../src/core/execution.js';

const sound: ExecutionView = {
  id: 'sound',
  task: 'pay',
  queue: 'default',
  state: 'success',
  attempt: 1,
  crashes: 0,
  payload: null,
  dispatchedAt: 1_000,
  availableAt: 1_000,
  triggeredBy: 'test',
};

const damages: [string, Partial<ExecutionView>][] = [
  ['a state that nobody knows', { state: 'moonrise' as ExecutionState }],
  ['a state that every object has as a field', { state: 'toString' as ExecutionState }],
  ['a time beyond Date', { dispatchedAt: 1e18, availableAt: 2e18 }],
  ['a time that is none', { dispatchedAt: Number.NaN, startedAt: Number.NaN, finishedAt: 5 }],
];

/** What is printed on standard output. */
function printed(print: (output: Output) => void): string {
  const stream = new PassThrough();
  print(new Output(false, stream));
  return String(stream.read());
}

test.each(damages)('%s', (_, damage) => {
  const damaged = { ...sound, id: 'damaged', ...damage };
  const table = printed((output) => printExecutions(output, [damaged, sound]));
  expect(table).toMatch(/damaged.*sound/s);
  expect(printed((output) => printExecution(output, damaged))).toContain(damaged.state);
  expect(executionLine(damaged)).toContain(damaged.state);
  expect(executionDocument(damaged)).toMatchObject({ id: 'damaged', state: damaged.state });
});

test('a time beyond Date is null in JSON, and a dash for a person', () => {
  for (const ms of [undefined, Number.NaN, 8.64e15 + 1, -1e18]) {
    expect([isoTime(ms), timeText(ms)]).toEqual([null, '-']);
  }
  expect(isoTime(8.64e15)).toBe('+275760-09-13T00:00:00.000Z');
});
