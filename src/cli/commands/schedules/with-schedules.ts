// What the commands share that read schedules in the database, or change them, and are done.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareDataDir } from '../../../core/config/data-dir.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import { injectionToken } from '../../../core/tasks/inject.js';
import { Maria } from '../../../datasources/index.js';
import { type Composition, closeRuntime, compose, type SkepInstallation } from '../../../main.js';
import { Schedules } from '../../../plugins/scheduler/index.js';
import type { CommandContext } from '../../command.js';

/**
 * Changes something about a schedule of the installation; no plugin is started and no queue opened for it. Where no start has created
 * the database yet, only a declared schedule creates it: a pause before the first start has to be kept.
 * @throws SkepError `SKEP_NOT_SCHEDULING`, `SKEP_SCHEDULE_UNKNOWN`; what opening the database throws.
 */
export async function withSchedules<T>(
  context: CommandContext,
  name: string,
  work: (schedules: Schedules) => Promise<T>,
): Promise<T> {
  const installation = await schedulingInstallation(context);
  if (await isMissing(context, installation)) {
    await besideEmpty(context, installation, (schedules) => schedules.get(name));
  }
  prepareDataDir(installation.dataDir);
  return withParts(context, installation, (parts) => opened(parts, work));
}

/**
 * Reads the schedules, as {@link withSchedules}. A database that no start has created yet is not created: the declared schedules are
 * then read beside an empty database in a temporary folder, which is removed.
 */
export async function readSchedules<T>(
  context: CommandContext,
  read: (schedules: Schedules) => Promise<T>,
): Promise<T> {
  const installation = await schedulingInstallation(context);
  const found = await withParts(context, installation, async (parts) =>
    parts.sources.missingFile(Maria) === undefined
      ? { value: await opened(parts, read) }
      : undefined,
  );
  if (found !== undefined) return found.value;
  return besideEmpty(context, installation, read);
}

const isMissing = (context: CommandContext, installation: SkepInstallation): Promise<boolean> =>
  withParts(context, installation, async ({ sources }) => sources.missingFile(Maria) !== undefined);

/** Reads the declared schedules beside an empty database in a temporary folder, which is removed. */
async function besideEmpty<T>(
  context: CommandContext,
  installation: SkepInstallation,
  read: (schedules: Schedules) => Promise<T>,
): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'skep-schedules-'));
  try {
    const environment = { ...installation.environment, [Maria.env]: undefined };
    const withEmpty = { ...installation, dataDir, environment };
    return await withParts(context, withEmpty, (parts) => opened(parts, read));
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function schedulingInstallation(context: CommandContext): Promise<SkepInstallation> {
  const installation = await context.install();
  if (installation.plugins.some(({ plugin }) => plugin.name === 'scheduler')) return installation;
  throw new SkepError('SKEP_NOT_SCHEDULING', 'the plugin "scheduler" is not enabled');
}

async function withParts<T>(
  context: CommandContext,
  installation: SkepInstallation,
  work: (parts: Composition) => Promise<T>,
): Promise<T> {
  const parts = compose({ installation, logger: context.logger(installation) });
  try {
    return await work(parts);
  } finally {
    await closeRuntime(parts);
  }
}

async function opened<T>(
  { host, sources, container }: Composition,
  work: (schedules: Schedules) => Promise<T>,
): Promise<T> {
  host.register();
  await sources.migrator.ensure();
  return work(container.resolve(injectionToken<Schedules>(Schedules)));
}
