// `skep tasks`: what is declared.

import type { Command } from 'commander';
import { formatMs } from '../../core/duration.js';
import { problemsOf } from '../../core/errors/skep-error.js';
import type { TaskRecord } from '../../core/tasks/task-record.js';
import { closeRuntime, compose, examineInjection, type SkepInstallation } from '../../main.js';
import { action, addExamples, type CommandContext } from '../command.js';
import { say } from '../terminal/messages.js';

export function tasksCommand(command: Command): void {
  addExamples(command, ['skep tasks', 'skep tasks --json']).action(
    action(async (context) => {
      const { output } = context;
      const installation = await context.install();
      const tasks = installation.registry.all;
      await warnOfInjection(context, installation);
      if (output.json) {
        output.document(tasks.map(asJson));
        return 0;
      }
      if (tasks.length === 0) output.line('No task: enable a plugin in plugins.json.');
      else
        output.table(tasks, [
          { title: 'TASK', value: ({ code }) => code },
          { title: 'PLUGIN', value: ({ plugin }) => plugin },
          { title: 'QUEUE', value: ({ queue }) => queue },
          {
            title: 'RETRIES',
            align: 'right',
            value: ({ retry }) => String(retry?.maxRetries ?? 0),
          },
          { title: 'LIMITS', value: limits },
          { title: 'FLOW', value: flow },
          { title: 'TRACKED', value: ({ tracked }) => (tracked ? 'yes' : 'no') },
          { title: 'WHAT IT DOES', value: ({ description }) => description ?? '' },
        ]);
      return 0;
    }),
  );
}

/** The list is of what is declared, and is shown whatever the constructors ask for: `skep doctor` names each mistake. */
async function warnOfInjection(
  context: CommandContext,
  installation: SkepInstallation,
): Promise<void> {
  try {
    const parts = compose({ installation, logger: context.logger(installation) });
    try {
      parts.host.register();
      const { mistakes } = examineInjection(parts.container, installation);
      if (mistakes.length === 0) return;
      const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`;
      warn(`\`skep start\` will refuse these tasks: ${count} in what constructors ask for`);
    } finally {
      await closeRuntime(parts);
    }
  } catch (error) {
    for (const { code } of problemsOf(error)) warn(`\`skep start\` will be refused: ${code}`);
  }
}

const warn = (problem: string): void => {
  say(`${problem}. See \`skep doctor\`.`);
};

function limits({ softLimitMs, hardLimitMs }: TaskRecord): string {
  const parts = [
    softLimitMs === undefined ? [] : [`soft ${formatMs(softLimitMs)}`],
    hardLimitMs === undefined ? [] : [`hard ${formatMs(hardLimitMs)}`],
  ].flat();
  return parts.length === 0 ? '-' : parts.join(', ');
}

/** What holds its executions back or brings them forward, where it differs from the plain case. */
function flow({ flow: limits, unique, priority, expiresMs, isolated }: TaskRecord): string {
  const { concurrency, rate } = limits ?? {};
  const parts = [
    concurrency === undefined ? [] : [`${concurrency} at one time`],
    rate === undefined ? [] : [`${rate.count} in ${formatMs(rate.windowMs)}`],
    unique === undefined ? [] : ['unique'],
    priority === 'normal' ? [] : [priority],
    expiresMs === undefined ? [] : [`expires after ${formatMs(expiresMs)}`],
    isolated ? ['isolated'] : [],
  ].flat();
  return parts.length === 0 ? '-' : parts.join(', ');
}

const asJson = (task: TaskRecord): object => ({
  code: task.code,
  plugin: task.plugin,
  queue: task.queue,
  description: task.description ?? null,
  maxRetries: task.retry?.maxRetries ?? 0,
  softLimitMs: task.softLimitMs ?? null,
  hardLimitMs: task.hardLimitMs ?? null,
  tracked: task.tracked !== undefined,
  maxCrashes: task.maxCrashes,
  concurrency: task.flow?.concurrency ?? null,
  rate: task.flow?.rate ?? null,
  unique: task.unique
    ? { forMs: task.unique.forMs ?? null, onDuplicate: task.unique.onDuplicate }
    : null,
  priority: task.priority,
  expiresMs: task.expiresMs ?? null,
  isolated: task.isolated,
});
