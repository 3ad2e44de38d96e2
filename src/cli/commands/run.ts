// `skep run TASK`: one attempt, here and now, no queue; that of a tracked task is on record like any other.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from 'commander';
import { sizeBytes } from '../../core/config/config-schema.js';
import { prepareDataDir } from '../../core/config/data-dir.js';
import { formatMs } from '../../core/duration.js';
import type { AttemptReport, FinalState } from '../../core/execution.js';
import { type PluginWatch, withPluginWatch } from '../../core/host/plugin-watch/plugin-watch.js';
import { surviveStrayErrors } from '../../core/log/stray-errors.js';
import { type OnlyAttemptEnvelope, performOnlyAttempt } from '../../core/run/only-attempt.js';
import { systemSeams } from '../../core/seams.js';
import { parsePayload, payloadJson } from '../../core/tasks/payload.js';
import { closeRuntime, compose, openRuntime } from '../../main.js';
import { action, addExamples, type CommandContext } from '../command.js';
import { endWithLauncher } from '../launcher-watch.js';
import { readPayload } from '../payload-argument.js';
import { Stopped, watchStopSignals } from '../stop-signal.js';
import { errorDocument, errorLines } from '../terminal/recorded-error.js';
import { stateText } from '../terminal/states.js';
import { StatusLine } from '../terminal/status-line.js';

export function runCommand(command: Command): void {
  addExamples(command, [
    'skep run hris_replication',
    `skep run calculate_compliance --payload '{"from":"2026-03-01"}'`,
    'skep run send_email --payload @mail.json --json',
  ])
    .option('-p, --payload <json>', 'the payload: JSON, @file or @- for standard input')
    .action(action(runOnce));
}

function runOnce(
  context: CommandContext,
  code: string,
  options: { payload?: string },
): Promise<number> {
  return withPluginWatch((watch) => runWatched(context, code, options, watch));
}

async function runWatched(
  context: CommandContext,
  code: string,
  options: { payload?: string },
  watch: PluginWatch,
): Promise<number> {
  const installation = await context.install(watch);
  const { registry, config, dataDir } = installation;
  const record = registry.get(code);
  const payload = payloadJson(
    record,
    readPayload(options.payload),
    sizeBytes(config.limits.payload),
  );
  // A payload that does not fit is a mistake of the command line here, not an outcome of the work.
  await parsePayload(record, payload);
  prepareDataDir(dataDir);
  const line = process.stderr.isTTY ? new StatusLine() : undefined;
  const logger = context.logger(installation, line?.logStream());
  const composition = compose({ installation, logger, observers: line ? [line] : [], watch });
  const envelope: OnlyAttemptEnvelope = {
    v: 1,
    id: systemSeams.newId(),
    task: record.code,
    queue: record.queue,
    payload,
    attempt: 1,
    dispatchedAt: systemSeams.now(),
    triggeredBy: 'skep run',
    onlyAttempt: true,
    ...(record.tracked === undefined ? {} : { tracked: true }),
  };
  const stop = watchStopSignals();
  endWithLauncher(stop, logger);
  surviveStrayErrors(logger);
  stop.signal.addEventListener('abort', () => composition.runner.stop(), { once: true });
  try {
    await openRuntime(composition, { signal: stop.signal });
    // Before the record says that this process runs it: others are to know that it lives.
    if (envelope.tracked) await composition.roles.startForRun();
    const { state, report } = await performOnlyAttempt(composition, envelope);
    // What the code has left floating may ask for a dispatch in the next turn; the log then says that it was refused.
    await nextTurn();
    print(context, envelope, state, report);
    const mayRetry = record.retry !== undefined && (state === 'failed' || state === 'timed_out');
    if (mayRetry && !context.output.json) {
      context.output.line(
        '`skep run` is one attempt; from the queue, @Retry decides about others.',
      );
    }
    if (state === 'cancelled' && stop.signal.aborted) return (await stop.stopped).exitCode;
    return state === 'success' ? 0 : 1;
  } catch (error) {
    if (error instanceof Stopped) return error.exitCode;
    throw error;
  } finally {
    await closeRuntime(composition);
  }
}

function print(
  { output }: CommandContext,
  envelope: OnlyAttemptEnvelope,
  state: FinalState,
  report: AttemptReport,
): void {
  const { result, error, ledger } = report;
  const durationMs = report.finishedAt - report.startedAt;
  if (output.json) {
    output.document({
      id: envelope.id,
      task: envelope.task,
      state,
      durationMs,
      ...(result === undefined ? {} : { result }),
      ...(error ? { error: errorDocument(error) } : {}),
      ledger,
    });
    return;
  }
  output.line(`${envelope.task} ${stateText(state)} after ${formatMs(durationMs)}`);
  if (result !== undefined) output.line(JSON.stringify(result, null, 2));
  if (error) for (const line of errorLines(error)) output.line(line);
}
