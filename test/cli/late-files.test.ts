// Reading executions creates no file; one that a runtime creates meanwhile is read from then on.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandContext } from '../../src/cli/command.js';
import { withLooking } from '../../src/cli/with-executions.js';
import type { HistoryPage } from '../../src/core/ports/execution-history.js';
import { definePlugin, Task, Tracked } from '../../src/index.js';
import { closeRuntime, compose, openRuntime } from '../../src/main.js';
import tracking from '../../src/plugins/tracking/index.js';
import { installationOf } from '../composition/installation-of.js';
import { rememberingLogger } from '../support/harness.js';
import { tempFolder } from '../support/temp-folder.js';

@Task({ code: 'plain' })
class Plain {
  run(): void {}
}

@Task({ code: 'recorded' })
@Tracked()
class Recorded {
  run(): void {}
}

const plugin = definePlugin({ name: 'site', version: '1.0.0', tasks: [Plain, Recorded] });

test('an empty list first, and then what was dispatched since', async () => {
  using folder = tempFolder();
  const dataDir = join(folder.path, 'data');
  const installation = await installationOf({
    plugins: [tracking, plugin],
    variables: { SKEP_DATA_DIR: dataDir },
  });
  const logger = { ...rememberingLogger().logger, close: async () => undefined };
  const context: Pick<CommandContext, 'install' | 'logger'> = {
    install: async () => installation,
    logger: () => logger,
  };
  await withLooking(context, async (executions) => {
    const all: HistoryPage = { limit: 10 };
    expect(await executions.list(all)).toEqual([]);
    expect(await executions.find('nope')).toBeUndefined();
    expect(existsSync(dataDir)).toBe(false);

    const runtime = compose({ installation, logger });
    try {
      await openRuntime(runtime, { signal: new AbortController().signal });
      const plain = await runtime.dispatcher.dispatch(Plain);
      const recorded = await runtime.dispatcher.dispatch(Recorded);
      expect((await executions.list(all)).map(({ id }) => id).toSorted()).toEqual(
        [plain.id, recorded.id].toSorted(),
      );
      expect(await executions.find(plain.id)).toMatchObject({ task: 'plain' });
      expect(await executions.find(recorded.id)).toMatchObject({ task: 'recorded', tracked: true });
    } finally {
      await closeRuntime(runtime);
    }
  });
});
