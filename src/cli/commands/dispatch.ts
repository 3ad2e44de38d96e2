// `skep dispatch TASK`: puts an execution into the queue, and waits for its end when asked to.

import { type Command, Option } from 'commander';
import type { DispatchOptions } from '../../core/dispatch/dispatcher.js';
import type { Duration } from '../../core/duration.js';
import type { Executions } from '../../core/executions/executions.js';
import { waitWithin } from '../../core/executions/wait.js';
import { type Priority, priorities } from '../../core/tasks/flow-options.js';
import { action, addExamples, type CommandContext } from '../command.js';
import { keepTellingIdleQueue, tellIdleQueue } from '../idle-queue.js';
import { assertTimeout } from '../option-values.js';
import { readPayload } from '../payload-argument.js';
import { Stopped, watchStopSignals } from '../stop-signal.js';
import { executionDocument, printExecution } from '../terminal/execution.js';
import { say } from '../terminal/messages.js';
import type { Output } from '../terminal/output.js';
import { withExecutions } from '../with-executions.js';

interface DispatchFlags {
  readonly payload?: string;
  readonly delay?: Duration;
  readonly at?: string;
  readonly priority?: Priority;
  readonly expires?: Duration;
  readonly user?: string;
  readonly wait?: boolean;
  readonly timeout?: Duration;
}

export function dispatchCommand(command: Command): void {
  addExamples(command, [
    'skep dispatch sync_attendance',
    `skep dispatch send_email --payload @mail.json --delay 5m`,
    'skep dispatch calculate_compliance --at 2026-04-01T02:00:00Z',
    'skep dispatch sync_attendance --priority high --expires 10m',
    'skep dispatch hris_replication --wait --json',
  ])
    .option('-p, --payload <json>', 'the payload: JSON, @file or @- for standard input')
    .option('--delay <duration>', 'not before this much time has passed: 30s, 5m, 1h')
    .option('--at <time>', 'not before this time, ISO 8601')
    .addOption(
      new Option('--priority <priority>', "within its queue, instead of the task's own").choices(
        priorities,
      ),
    )
    .option('--expires <duration>', 'skipped when it has not begun so long after it was due')
    .option('--user <id>', 'the user for whom it is; kept with the record')
    .option('--wait', 'wait until the execution has ended; exits 1 unless it succeeded')
    .option('--timeout <duration>', 'with --wait: no longer than this; the execution goes on')
    .action(action(dispatch));
}

async function dispatch(
  context: CommandContext,
  code: string,
  flags: DispatchFlags,
): Promise<number> {
  assertTimeout(flags);
  const payload = readPayload(flags.payload);
  const { output } = context;
  return withExecutions(context, async ({ dispatcher, executions, broker, installation }) => {
    const { id, duplicate } = await dispatcher.dispatch(code, payload, optionsOf(flags));
    if (duplicate) say(`${code} is unique: ${id} stands for this dispatch`);
    const { queue } = installation.registry.get(code);
    const idle = { broker, queue, tell: say };
    if (!flags.wait) {
      // The execution is in the queue: that nobody can say who consumes it is no failure.
      await tellIdleQueue(idle).catch(() => undefined);
      if (output.json) output.document({ id, task: code, duplicate });
      else output.line(id);
      return 0;
    }
    say(`waiting for ${id} (Ctrl-C stops waiting, not the execution)`);
    const ended = new AbortController();
    keepTellingIdleQueue(idle, ended.signal);
    try {
      return await waitForEnd(executions, id, flags.timeout, output);
    } finally {
      ended.abort();
    }
  });
}

async function waitForEnd(
  executions: Executions,
  id: string,
  timeout: Duration | undefined,
  output: Output,
): Promise<number> {
  const stop = watchStopSignals();
  try {
    const { signal } = stop;
    const execution = await waitWithin(executions.waitForFinal, id, { timeout, signal });
    if (output.json) output.document(executionDocument(execution));
    else printExecution(output, execution);
    return execution.state === 'success' ? 0 : 1;
  } catch (error) {
    if (error instanceof Stopped) return error.exitCode;
    throw error;
  }
}

function optionsOf({ delay, at, priority, expires, user }: DispatchFlags): DispatchOptions {
  return {
    triggeredBy: 'skep dispatch',
    ...(delay === undefined ? {} : { delay }),
    ...(at === undefined ? {} : { at }),
    ...(priority === undefined ? {} : { priority }),
    ...(expires === undefined ? {} : { expires }),
    ...(user === undefined ? {} : { userId: user }),
  };
}
