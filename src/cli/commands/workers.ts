// `skep workers`: who is alive, what it does and how it is.
import type { Command } from 'commander';
import { formatMs } from '../../core/duration.js';
import type { RunningExecution, WorkerStatus } from '../../core/ports/control.js';
import { systemSeams } from '../../core/seams.js';
import { action, addExamples, type CommandContext } from '../command.js';
import { clockText, isoTime, workerStateText } from '../terminal/states.js';
import { readBroker } from '../with-broker.js';

const shownRuns = 3;
const mebibyte = 1024 ** 2;

export function workersCommand(command: Command): void {
  addExamples(command, ['skep workers', 'skep workers --json']).action(action(workers));
}

async function workers(context: CommandContext): Promise<number> {
  const { output } = context;
  const { found: alive } = await readBroker(context, (broker) => broker.workers());
  const now = systemSeams.now();
  if (output.json) output.document(alive.map(workerDocument));
  else if (alive.length === 0) output.line('No worker.');
  else
    output.table(alive, [
      { title: 'WORKER', value: ({ id }) => id },
      { title: 'STATE', value: ({ state }) => workerStateText(state) },
      { title: 'QUEUES', value: queuesText },
      {
        title: 'RUNNING',
        align: 'right',
        value: ({ running, slots }) => `${running.length}/${slots}`,
      },
      { title: 'ENDED', align: 'right', value: ({ finished }) => finished.toLocaleString('en-US') },
      { title: 'LAG', align: 'right', value: ({ eventLoopLagMs }) => formatMs(eventLoopLagMs) },
      { title: 'CLOCK', align: 'right', value: ({ clockAheadMs }) => clockText(clockAheadMs) },
      { title: 'MEMORY', align: 'right', value: memoryText },
      { title: 'UP', align: 'right', value: ({ startedAt }) => formatMs(since(startedAt, now)) },
      { title: 'VERSION', value: ({ version }) => version },
      { title: 'EXECUTIONS', value: ({ running }) => runningText(running, now) },
    ]);
  return 0;
}

const queuesText = ({ queues }: WorkerStatus): string =>
  queues.map(({ name, concurrency }) => `${name} ${concurrency}`).join(', ') || '-';

const memoryText = ({ memoryBytes }: WorkerStatus): string =>
  `${Math.round(memoryBytes / mebibyte)} MiB`;

/** The longest first; clocks of two machines may differ a little. */
function runningText(running: readonly RunningExecution[], now: number): string {
  const shown = running
    .toSorted((one, other) => one.startedAt - other.startedAt)
    .slice(0, shownRuns)
    .map(({ task, attempt, startedAt }) => `${task}#${attempt} ${formatMs(since(startedAt, now))}`);
  if (running.length > shown.length) shown.push(`+${running.length - shown.length} more`);
  return shown.join(', ');
}

const since = (time: number, now: number): number => Math.max(0, now - time);

/** The JSON form of a worker; times are ISO 8601. */
export const workerDocument = ({ startedAt, beatAt, running, ...rest }: WorkerStatus): object => ({
  ...rest,
  startedAt: isoTime(startedAt),
  beatAt: isoTime(beatAt),
  running: running.map((each) => ({ ...each, startedAt: isoTime(each.startedAt) })),
});
