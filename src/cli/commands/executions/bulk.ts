// Does something to all executions that fit a filter: counted first, and only with --yes; in batches, with progress on
// standard error. What fails for one is told, and the others go on.

import { problemsOf, SkepError } from '../../../core/errors/skep-error.js';
import type { ExecutionView } from '../../../core/execution.js';
import { redactText } from '../../../core/log/redact.js';
import type { HistoryFilter } from '../../../core/ports/execution-history.js';
import type { Composition } from '../../../main.js';
import type { CommandContext } from '../../command.js';
import { Stopped, watchStopSignals } from '../../stop-signal.js';
import { executionLine } from '../../terminal/execution-table.js';
import { say } from '../../terminal/messages.js';
import { warnOfUnknownTask } from './filter.js';

export interface BulkWork {
  readonly verb: string;
  /** `12 replayed` */
  readonly done: string;
  readonly yes: boolean;
  /** @returns what is told of it with --json. */
  each(execution: ExecutionView): Promise<object>;
}

const batch = 200;
const atOneTime = 20;
/** Of so many failures the reason is told. */
const mostTold = 10;

export async function forAll(
  context: CommandContext,
  { executions, installation }: Composition,
  filter: HistoryFilter,
  { verb, done, yes, each }: BulkWork,
): Promise<number> {
  const { output } = context;
  const count = await executions.count(filter);
  const [example] = await executions.list({ ...filter, limit: 1, brief: true });
  if (example === undefined) return noneFits(context, installation, filter, done);
  const message = `${count === 1 ? '1 execution fits' : `${count} executions fit`}, such as ${executionLine(example)}`;
  if (!yes) {
    const remedy = `Look at them with \`skep executions list\` and the same filters; then add --yes to ${verb} all of them.`;
    throw new SkepError('SKEP_CONFIRMATION_NEEDED', message, {
      remedy,
      details: { count, example: example.id },
    });
  }
  say(message);
  const stop = watchStopSignals();
  const tally = { done: 0, failed: 0 };
  const one = async (execution: ExecutionView): Promise<void> => {
    try {
      const document = await each(execution);
      tally.done += 1;
      if (output.json) output.document(document);
    } catch (error) {
      tally.failed += 1;
      if (tally.failed <= mostTold) tellFailure(execution, error);
    }
  };
  try {
    for await (const page of executions.pages(filter, batch, { brief: true })) {
      for (let at = 0; at < page.length; at += atOneTime) {
        stop.signal.throwIfAborted();
        await Promise.all(page.slice(at, at + atOneTime).map(one));
      }
      say(`${tally.done + tally.failed} of ${count}`);
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    say(`stopped after ${tally.done} ${done}`);
    return error.exitCode;
  }
  if (output.json) output.document({ [done]: tally.done, failed: tally.failed });
  else output.line(`${tally.done} ${done}${tally.failed > 0 ? `, ${tally.failed} failed` : ''}`);
  return tally.failed > 0 ? 1 : 0;
}

/** @param done the word for what would have been done. */
export function noneFits(
  { output }: CommandContext,
  { registry }: Composition['installation'],
  filter: HistoryFilter,
  done: string,
): number {
  warnOfUnknownTask(filter, registry);
  if (output.json) output.document({ [done]: 0, failed: 0 });
  else output.line('No execution fits.');
  return 0;
}

function tellFailure({ id }: ExecutionView, error: unknown): void {
  for (const { code, message } of problemsOf(error)) {
    say(`${id}: ${code} ${redactText(message)}`);
  }
}
