// `skep executions cancel ID`: says what came of the wish, and waits for the end when asked to.
import type { ExecutionView } from '../../core/execution.js';
import type { Broker, Cancellation } from '../../core/ports/broker.js';
import type { CommandContext } from '../command.js';
import { Stopped, watchStopSignals } from '../stop-signal.js';
import { executionDocument, printExecution } from '../terminal/execution.js';
import type { Output } from '../terminal/output.js';
import { stateText } from '../terminal/states.js';
import { withBroker } from '../with-broker.js';

/** The work of the command. */
export function cancel(
  context: CommandContext,
  id: string,
  flags: { readonly wait?: boolean },
): Promise<number> {
  const { output } = context;
  return withBroker(context, async (broker) => {
    const cancellation = await broker.cancel(id);
    if (flags.wait && cancellation === 'requested') return waitForEnd(broker, id, output);
    tell(output, cancellation, id, await broker.find(id));
    return cancellation === 'final' ? 1 : 0;
  });
}

async function waitForEnd(broker: Broker, id: string, output: Output): Promise<number> {
  process.stderr.write(`waiting for ${id} to end (Ctrl-C stops waiting, not the cancelling)\n`);
  const stop = watchStopSignals();
  try {
    const execution = await broker.waitForFinal(id, stop.signal);
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
