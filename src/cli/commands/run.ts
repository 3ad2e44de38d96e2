// `skep run TASK`: one attempt, here and now, no queue.
import type { Command } from 'commander';
import { sizeBytes } from '../../core/config/config-schema.js';
import { prepareDataDir } from '../../core/config/data-dir.js';
import { formatMs } from '../../core/duration.js';
import type { Envelope } from '../../core/envelope.js';
import type { AttemptReport, ExecutionState } from '../../core/execution.js';
import type { RunFields } from '../../core/log/run-fields.js';
import type { RunObserver } from '../../core/ports/observer.js';
import { systemSeams } from '../../core/seams.js';
import { payloadJson } from '../../core/tasks/payload.js';
import { type Composition, compose } from '../../main.js';
import { action, addCommand, type CommandContext } from '../command.js';
import { readPayload } from '../payload-argument.js';
import { signalExitCode, watchStopSignals } from '../stop-signal.js';
import { surviveStrayErrors } from '../stray-errors.js';
import { stateText } from '../terminal/states.js';
import { StatusLine } from '../terminal/status-line.js';

export function runCommand(program: Command): void {
  addCommand(program, 'run <task>', 'Run a task once, here and now, without a queue', [
    'skep run hris_replication',
    `skep run calculate_compliance --payload '{"from":"2026-03-01"}'`,
    'skep run send_email --payload @mail.json --json',
  ])
    .option('-p, --payload <json>', 'the payload: JSON, @file or @- for standard input')
    .action(action(runOnce));
}

async function runOnce(
  context: CommandContext,
  code: string,
  options: { payload?: string },
): Promise<number> {
  const installation = await context.install();
  const { registry, config, dataDir } = installation;
  const record = registry.get(code);
  const payload = payloadJson(code, readPayload(options.payload), sizeBytes(config.limits.payload));
  prepareDataDir(dataDir);
  const line = process.stderr.isTTY ? new StatusLine() : undefined;
  const end = new RunEndObserver();
  const logger = context.logger(installation, line?.logStream());
  const composition = compose({ installation, logger, observers: line ? [line, end] : [end] });
  const envelope: Envelope = {
    v: 1,
    id: systemSeams.newId(),
    task: record.code,
    queue: record.queue,
    payload,
    attempt: 1,
    dispatchedAt: systemSeams.now(),
    triggeredBy: 'skep run',
  };
  using stop = watchStopSignals();
  using _guard = surviveStrayErrors(logger);
  stop.signal.addEventListener('abort', () => composition.runner.stop(), { once: true });
  await open(composition);
  try {
    await composition.runner.perform({ id: envelope.id, raw: envelope, crashes: 0 });
  } finally {
    await composition.host.close();
    await composition.sources.close();
  }
  if (stop.signal.aborted && end.report === undefined) return signalExitCode[await stop.stopped];
  return print(context, envelope, end);
}

async function open({ host, sources }: Composition): Promise<void> {
  host.register();
  await sources.migrator.ensure();
  await host.start();
}

/** Remembers how the run ended. */
class RunEndObserver implements RunObserver {
  state: ExecutionState = 'running';
  report: AttemptReport | undefined;

  ended(_run: RunFields, state: ExecutionState, report: AttemptReport): void {
    this.state = state;
    this.report = report;
  }
}

function print({ output }: CommandContext, envelope: Envelope, end: RunEndObserver): number {
  const { state, report } = end;
  const durationMs = report ? report.finishedAt - report.startedAt : 0;
  if (output.json) {
    const { code, message } = report?.error ?? {};
    output.document({
      id: envelope.id,
      task: envelope.task,
      state,
      durationMs,
      ...(report?.result === undefined ? {} : { result: report.result }),
      ...(report?.error ? { error: { code, message } } : {}),
      ledger: report?.ledger,
    });
  } else {
    output.line(`${envelope.task} ${stateText(state)} in ${formatMs(durationMs)}`);
    if (report?.result !== undefined) output.line(JSON.stringify(report.result, null, 2));
    if (report?.error) output.line(`${report.error.code}: ${report.error.message}`);
    if (state === 'retrying')
      output.line('From the queue it would be tried again; `skep run` is one attempt.');
  }
  return state === 'success' ? 0 : 1;
}
