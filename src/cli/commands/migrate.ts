// `skep migrate`: brings the schema of Maria up to the enabled plugins.
import type { Command } from 'commander';
import { prepareDataDir } from '../../core/config/data-dir.js';
import { closeRuntime, compose } from '../../main.js';
import { action, addExamples } from '../command.js';

export function migrateCommand(command: Command): void {
  addExamples(command, ['skep migrate --status', 'skep migrate'])
    .option('--status', 'only say what would be run')
    .action(
      action(async ({ install, logger, output }, flags: { status?: boolean }) => {
        const installation = await install();
        if (!flags.status) prepareDataDir(installation.dataDir);
        const parts = compose({ installation, logger: logger(installation) });
        const { sources } = parts;
        try {
          const { pending } = await sources.migrator.status();
          const run = flags.status ? [] : await sources.migrator.run();
          if (output.json) output.document({ pending: flags.status ? pending : [], run });
          else if (pending.length === 0) output.line('Maria is up to date.');
          else {
            for (const name of flags.status ? pending : run)
              output.line(`${flags.status ? 'pending' : 'done   '} ${name}`);
          }
          return 0;
        } finally {
          await closeRuntime(parts);
        }
      }),
    );
}
