// `skep executions show ID`: all that is known of one execution.
import type { Command } from 'commander';
import { SkepError } from '../../../core/errors/skep-error.js';
import { action, addCommand, type CommandContext } from '../../command.js';
import { executionDocument, printExecution } from '../../terminal/execution.js';
import { withLooking } from '../../with-executions.js';

export function showCommand(group: Command): void {
  addCommand(group, 'show <id>', 'Show one execution, with its attempts', [
    'skep executions show 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10',
    'skep executions show 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10 --reveal --json',
  ])
    .option('--reveal', 'show the values of passwords, tokens and other secret fields')
    .action(action(show));
}

async function show(
  context: CommandContext,
  id: string,
  flags: { readonly reveal?: boolean },
): Promise<number> {
  const execution = await withLooking(context, (executions) => executions.find(id));
  if (!execution) throw new SkepError('SKEP_EXECUTION_UNKNOWN', `there is no execution ${id}`);
  if (context.output.json) context.output.document(executionDocument(execution, flags));
  else printExecution(context.output, execution, flags);
  return 0;
}
