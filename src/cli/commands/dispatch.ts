// `skep dispatch TASK`: puts an execution into the queue, and waits for its end when asked to.
import type { Command } from 'commander';
import { prepareDataDir } from '../../core/config/data-dir.js';
import type { Duration } from '../../core/duration.js';
import { compose } from '../../main.js';
import { action, addCommand, type CommandContext } from '../command.js';
import { readPayload } from '../payload-argument.js';
import { Stopped, signalExitCode, watchStopSignals } from '../stop-signal.js';
import { executionDocument, printExecution } from '../terminal/execution.js';

interface DispatchFlags {
  readonly payload?: string;
  readonly delay?: Duration;
  readonly at?: string;
  readonly wait?: boolean;
}

export function dispatchCommand(program: Command): void {
  addCommand(program, 'dispatch <task>', 'Put an execution of a task into the queue', [
    'skep dispatch sync_attendance',
    `skep dispatch send_email --payload @mail.json --delay 5m`,
    'skep dispatch calculate_compliance --at 2026-04-01T02:00:00Z',
    'skep dispatch hris_replication --wait --json',
  ])
    .option('-p, --payload <json>', 'the payload: JSON, @file or @- for standard input')
    .option('--delay <duration>', 'not before this much time has passed: 30s, 5m, 1h')
    .option('--at <time>', 'not before this time, ISO 8601')
    .option('--wait', 'wait until the execution has ended; exits 1 unless it succeeded')
    .action(action(dispatch));
}

async function dispatch(
  context: CommandContext,
  code: string,
  flags: DispatchFlags,
): Promise<number> {
  const installation = await context.install();
  const payload = readPayload(flags.payload);
  prepareDataDir(installation.dataDir);
  const { broker, dispatcher } = compose({ installation, logger: context.logger(installation) });
  const { output } = context;
  const stop = watchStopSignals();
  await broker.open();
  try {
    const dispatched = await dispatcher.dispatch(code, payload, {
      triggeredBy: 'skep dispatch',
      ...(flags.delay === undefined ? {} : { delay: flags.delay }),
      ...(flags.at === undefined ? {} : { at: flags.at }),
    });
    if (!flags.wait) {
      if (output.json) output.document({ id: dispatched.id, task: code });
      else output.line(dispatched.id);
      return 0;
    }
    process.stderr.write(
      `waiting for ${dispatched.id} (Ctrl-C stops waiting, not the execution)\n`,
    );
    const execution = await broker.waitForFinal(dispatched.id, stop.signal);
    if (output.json) output.document(executionDocument(execution));
    else printExecution(output, execution);
    return execution.state === 'success' ? 0 : 1;
  } catch (error) {
    if (error instanceof Stopped) return signalExitCode[error.stopSignal];
    throw error;
  } finally {
    await broker.close();
  }
}
