// What commands share that look at executions, or change something about them, in queue and record, and are done.
import { prepareDataDir } from '../core/config/data-dir.js';
import { hasCode, problemsOf } from '../core/errors/skep-error.js';
import { inRecord, type Looking } from '../core/executions/looking.js';
import { type Composition, closeRuntime, compose } from '../main.js';
import type { CommandContext } from './command.js';

/** Does some work with the open queue, and the record where there is one, and closes them. */
export function withExecutions<T>(
  context: CommandContext,
  work: (parts: Composition) => Promise<T>,
): Promise<T> {
  return withParts(context, async (parts) => {
    await parts.broker.open();
    await openRecord(parts);
    return work(parts);
  });
}

/** The same for work that only looks: while the queue cannot be reached, it is told that, and given what is on record. */
export function withLooking<T>(
  context: CommandContext,
  work: (executions: Looking, parts: Composition) => Promise<T>,
): Promise<T> {
  return withParts(context, async (parts) => {
    const executions = await reachable(parts);
    await openRecord(parts);
    return work(executions, parts);
  });
}

async function withParts<T>(
  context: CommandContext,
  work: (parts: Composition) => Promise<T>,
): Promise<T> {
  const installation = await context.install();
  prepareDataDir(installation.dataDir);
  const parts = compose({ installation, logger: context.logger(installation) });
  try {
    return await work(parts);
  } finally {
    await closeRuntime(parts);
  }
}

async function reachable({ broker, store, executions }: Composition): Promise<Looking> {
  try {
    await broker.open();
    return executions;
  } catch (error) {
    if (store === undefined || !hasCode(error, 'SKEP_QUEUE_UNREACHABLE')) throw error;
    const [problem] = problemsOf(error);
    process.stderr.write(`This is what is on record alone: ${problem?.message}\n`);
    return inRecord(store, error);
  }
}

/** Without a record the application's database is none of its business. */
async function openRecord({ store, sources }: Composition): Promise<void> {
  if (store !== undefined) await sources.migrator.ensure();
}
