// `skep plugins`: what is enabled, in the order in which it starts.
import type { Command } from 'commander';
import type { LoadedPlugin } from '../../core/host/loaded-plugin.js';
import { declarationOf } from '../../core/tasks/declaration.js';
import { action, addExamples } from '../command.js';

export function pluginsCommand(command: Command): void {
  addExamples(command, ['skep plugins', 'skep plugins --json']).action(
    action(async ({ install, output }) => {
      const { plugins } = await install();
      if (output.json) {
        output.document(plugins.map(asJson));
        return 0;
      }
      if (plugins.length === 0) output.line('No plugin is enabled in plugins.json.');
      else
        output.table(plugins, [
          { title: 'PLUGIN', value: ({ plugin }) => plugin.name },
          { title: 'VERSION', value: ({ plugin }) => plugin.version },
          {
            title: 'NEEDS',
            value: ({ plugin }) => Object.keys(plugin.requires ?? {}).join(', ') || '-',
          },
          { title: 'TASKS', value: (each) => taskCodes(each).join(', ') || '-' },
          { title: 'MODULE', value: ({ entry }) => entry.module },
        ]);
      return 0;
    }),
  );
}

const taskCodes = ({ plugin }: LoadedPlugin): string[] =>
  (plugin.tasks ?? []).flatMap((taskClass) => declarationOf(taskClass)?.task?.code ?? []);

const asJson = (each: LoadedPlugin): object => ({
  name: each.plugin.name,
  version: each.plugin.version,
  module: each.entry.module,
  requires: each.plugin.requires ?? {},
  tasks: taskCodes(each),
  errors: each.plugin.errors ?? {},
});
