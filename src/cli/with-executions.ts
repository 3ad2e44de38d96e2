// What commands share that read executions, or change something about them, in queue and record, and are done.

import { prepareDataDir } from '../core/config/data-dir.js';
import { hasCode, problemsOf } from '../core/errors/skep-error.js';
import { ExecutionReader, type ExecutionReaderDeps } from '../core/executions/execution-reader.js';
import { inRecord, type Looking } from '../core/executions/looking.js';
import { Maria } from '../datasources/index.js';
import { type Composition, closeRuntime, compose } from '../main.js';
import type { CommandContext } from './command.js';
import { say } from './terminal/messages.js';

/**
 * Does some work with the open queue, and the record where there is one, and closes them.
 * @param whenNothing is called instead where no start has created a queue file or a database yet: there is no execution, and nothing
 *   is created to say so. Both are created when absent.
 */
export function withExecutions<T>(
  context: CommandContext,
  work: (parts: Composition) => Promise<T>,
  whenNothing?: (parts: Composition) => T,
): Promise<T> {
  return withParts(context, async (parts) => {
    if (whenNothing !== undefined && holdsNothing(parts)) return whenNothing(parts);
    prepareDataDir(parts.installation.dataDir);
    await parts.broker.open();
    // Without a record the application's database is none of its business.
    if (parts.store !== undefined) await parts.sources.migrator.ensure();
    return work(parts);
  });
}

function holdsNothing({ broker, store, sources }: Composition): boolean {
  const hasRecord = store !== undefined && sources.missingFile(Maria) === undefined;
  return broker.missingFile !== undefined && !hasRecord;
}

/**
 * The same for work that only reads. A queue file or a database that no start has created yet holds nothing, and is not created.
 * While the queue cannot be reached, a line on standard error says so, and the work gets what is on record.
 */
export function withLooking<T>(
  context: Pick<CommandContext, 'install' | 'logger'>,
  work: (executions: Looking, parts: Composition) => Promise<T>,
): Promise<T> {
  return withParts(context, async (parts) => work(await readerOf(parts), parts));
}

async function withParts<T>(
  context: Pick<CommandContext, 'install' | 'logger'>,
  work: (parts: Composition) => Promise<T>,
): Promise<T> {
  const installation = await context.install();
  const parts = compose({ installation, logger: context.logger(installation) });
  try {
    return await work(parts);
  } finally {
    await closeRuntime(parts);
  }
}

async function readerOf(parts: Composition): Promise<Looking> {
  const { broker } = parts;
  const history = existingHistory(parts);
  const queueExists = openWhenCreated(
    () => broker.missingFile,
    () => broker.open(),
  );
  try {
    await queueExists();
  } catch (error) {
    if (history === undefined || !hasCode(error, 'SKEP_QUEUE_UNREACHABLE')) throw error;
    const [problem] = problemsOf(error);
    say(`This is what is on record alone: ${problem?.message}`);
    return inRecord(history, error);
  }
  return new ExecutionReader({
    broker: {
      list: async (filter) => ((await queueExists()) ? broker.list(filter) : []),
      find: async (id) => ((await queueExists()) ? broker.find(id) : undefined),
    },
    history,
  });
}

function existingHistory({ store, sources }: Composition): ExecutionReaderDeps['history'] {
  if (store === undefined) return undefined;
  const recordExists = openWhenCreated(
    () => sources.missingFile(Maria),
    () => sources.migrator.ensure(),
  );
  return {
    list: async (page) => ((await recordExists()) ? store.history.list(page) : []),
    find: async (id) => ((await recordExists()) ? store.history.find(id) : undefined),
  };
}

/**
 * Opens what exists, once. While executions are followed, a runtime may create it.
 * @returns a function that says whether it exists.
 */
function openWhenCreated(
  missingFile: () => string | undefined,
  open: () => Promise<unknown>,
): () => Promise<boolean> {
  let opening: Promise<unknown> | undefined;
  return async () => {
    if (opening === undefined && missingFile() !== undefined) return false;
    opening ??= open();
    await opening;
    return true;
  };
}
