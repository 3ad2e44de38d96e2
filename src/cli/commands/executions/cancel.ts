// `skep executions cancel ID`, or with filters: says what came of the wish, and waits for the end when asked to.

import type { Command } from 'commander';
import type { Duration } from '../../../core/duration.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import { type ExecutionView, executionStates, isFinal } from '../../../core/execution.js';
import type { Executions } from '../../../core/executions/executions.js';
import { unknownExecution } from '../../../core/executions/queued.js';
import { waitWithin } from '../../../core/executions/wait.js';
import type { Cancellation } from '../../../core/ports/broker.js';
import { action, addCommand, type CommandContext } from '../../command.js';
import { assertTimeout } from '../../option-values.js';
import { Stopped, watchStopSignals } from '../../stop-signal.js';
import { executionDocument, printExecution } from '../../terminal/execution.js';
import { say } from '../../terminal/messages.js';
import type { Output } from '../../terminal/output.js';
import { stateText } from '../../terminal/states.js';
import { withExecutions } from '../../with-executions.js';
import { forAll, noneFits } from './bulk.js';
import { addFilters, type FilterFlags } from './filter.js';
import { idOrFilter } from './target.js';

interface CancelFlags extends FilterFlags {
  readonly wait?: boolean;
  readonly timeout?: Duration;
  readonly yes?: boolean;
}

const unfinished = executionStates.filter((state) => !isFinal(state));

export function cancelCommand(group: Command): void {
  addFilters(
    addCommand(
      group,
      'cancel [id]',
      'Cancel an execution: what waits never runs, what runs is ended',
      [
        'skep executions cancel 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10',
        'skep executions cancel 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10 --wait --json',
        'skep executions cancel --task send_email --state queued --yes',
      ],
    ),
  )
    .option('--wait', 'wait until it has ended; exits 1 unless it was cancelled')
    .option('--timeout <duration>', 'with --wait: no longer than this')
    .option('--yes', 'cancel all that fit the filters; without it they are only counted')
    .action(action(cancel));
}

function cancel(
  context: CommandContext,
  id: string | undefined,
  flags: CancelFlags,
): Promise<number> {
  assertTimeout(flags);
  const target = idOrFilter('cancel', id, flags, { states: unfinished });
  if (target.kind === 'one') return cancelOne(context, target.id, flags);
  const { filter } = target;
  const ended = filter.states?.find(isFinal);
  if (ended !== undefined || flags.wait) {
    const message = flags.wait
      ? '--wait is for one execution'
      : `an execution that is ${ended} has ended: there is nothing to cancel`;
    const remedy = flags.wait ? 'Leave it out.' : `Give states among ${unfinished.join(', ')}.`;
    throw new SkepError('SKEP_USAGE', message, { remedy });
  }
  const done = 'cancelled';
  return withExecutions(
    context,
    (parts) =>
      forAll(context, parts, filter, {
        verb: 'cancel',
        done,
        yes: flags.yes === true,
        each: async (execution) => ({
          id: execution.id,
          cancellation: await parts.executions.cancel(execution.id),
        }),
      }),
    ({ installation }) => noneFits(context, installation, filter, done),
  );
}

function cancelOne(
  context: CommandContext,
  id: string,
  { wait, timeout }: CancelFlags,
): Promise<number> {
  const { output } = context;
  return withExecutions(
    context,
    async ({ executions }) => {
      const cancellation = await executions.cancel(id);
      if (wait && cancellation === 'requested') {
        return waitForEnd(executions, id, timeout, output);
      }
      tell(output, cancellation, id, await executions.find(id));
      return cancellation === 'final' ? 1 : 0;
    },
    () => {
      throw unknownExecution(id);
    },
  );
}

async function waitForEnd(
  executions: Executions,
  id: string,
  timeout: Duration | undefined,
  output: Output,
): Promise<number> {
  say(`waiting for ${id} to end (Ctrl-C stops waiting, not the cancelling)`);
  const stop = watchStopSignals();
  try {
    const { signal } = stop;
    const execution = await waitWithin(executions.waitForFinal, id, { timeout, signal });
    if (output.json)
      output.document({ cancellation: 'requested', ...executionDocument(execution) });
    else printExecution(output, execution);
    return execution.state === 'cancelled' ? 0 : 1;
  } catch (error) {
    if (error instanceof Stopped) return error.exitCode;
    throw error;
  }
}

function tell(
  output: Output,
  cancellation: Cancellation,
  id: string,
  execution: ExecutionView | undefined,
): void {
  if (output.json) {
    output.document({ id, cancellation, ...(execution ? executionDocument(execution) : {}) });
    return;
  }
  const state = execution === undefined ? 'ended' : stateText(execution.state);
  const words: Record<Cancellation, string> = {
    cancelled: `${id} is ${stateText('cancelled')}`,
    requested: `${id} is running; its worker${nameOf(execution)} has been told to cancel it`,
    final: `${id} has ended before: ${state}`,
  };
  output.line(words[cancellation]);
}

const nameOf = (execution: ExecutionView | undefined): string =>
  execution?.worker === undefined ? '' : ` ${execution.worker}`;
