// `skep executions replay ID`, or with filters: has the same done again, as new executions.

import type { Command } from 'commander';
import { SkepError } from '../../../core/errors/skep-error.js';
import { finalStates } from '../../../core/execution.js';
import { unknownExecution } from '../../../core/executions/queued.js';
import { action, addCommand, type CommandContext } from '../../command.js';
import { readPayload } from '../../payload-argument.js';
import { say } from '../../terminal/messages.js';
import { withExecutions } from '../../with-executions.js';
import { forAll, noneFits } from './bulk.js';
import { addFilters, type FilterFlags } from './filter.js';
import { idOrFilter } from './target.js';

interface ReplayFlags extends FilterFlags {
  readonly payload?: string;
  readonly yes?: boolean;
}

export function replayCommand(group: Command): void {
  addFilters(
    addCommand(group, 'replay [id]', 'Dispatch the same again, as a new execution', [
      'skep executions replay 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10',
      'skep executions replay 0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10 --payload @mended.json',
      'skep executions replay --state failed --task sync_attendance --since 1d',
      'skep executions replay --state failed --task sync_attendance --since 1d --yes',
    ]),
  )
    .option(
      '-p, --payload <json>',
      'instead of the one it had: JSON, @file or @- for standard input',
    )
    .option('--yes', 'replay all that fit the filters; without it they are only counted')
    .action(action(replay));
}

function replay(
  context: CommandContext,
  id: string | undefined,
  flags: ReplayFlags,
): Promise<number> {
  const target = idOrFilter('replay', id, flags, { states: finalStates });
  const payload = readPayload(flags.payload);
  if (target.kind === 'filter') {
    if (payload !== undefined) {
      const message = '--payload is for the replay of one execution';
      throw new SkepError('SKEP_USAGE', message, { remedy: 'Give an id, or leave it out.' });
    }
    const { filter } = target;
    const done = 'replayed';
    return withExecutions(
      context,
      (parts) =>
        forAll(context, parts, filter, {
          verb: 'replay',
          done,
          yes: flags.yes === true,
          each: async (execution) => {
            const { id: again } = await parts.executions.replay(execution.id);
            return { id: again, replayOf: execution.id };
          },
        }),
      ({ installation }) => noneFits(context, installation, filter, done),
    );
  }
  return withExecutions(
    context,
    async ({ executions }) => {
      const { id: again, task, duplicate } = await executions.replay(target.id, payload);
      if (duplicate) say(`${task} is unique: ${again} stands for this dispatch`);
      if (context.output.json)
        context.output.document({ id: again, task, duplicate, replayOf: target.id });
      else context.output.line(again);
      return 0;
    },
    () => {
      throw unknownExecution(target.id);
    },
  );
}
