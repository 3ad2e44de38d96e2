// What the suites of data sources share: a provider over given databases, scopes of runs, and both engines.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { container } from 'tsyringe';
import type { LedgerSummary } from '../../src/core/execution.js';
import type { Contribution } from '../../src/core/host/plugin.js';
import { RunScope } from '../../src/core/run/scope.js';
import {
  collectSources,
  type DataSourceDefinition,
  DataSourceProvider,
  dataSourceOptionsSchema,
  type ScopedDataSource,
} from '../../src/datasources/index.js';
import type { ScopeLeases } from '../../src/datasources/scope-leases.js';
import { fixedSeams, type LogLine, rememberingLogger } from '../support/harness.js';
import { describeWithMaria, freshDatabase } from '../support/mariadb.js';
import { type TempFolder, tempFolder } from '../support/temp-folder.js';

export interface Installation {
  readonly environment: Readonly<Record<string, string>>;
  /** Per source, as in plugins.json. */
  readonly options?: Readonly<Record<string, object>>;
  readonly plugins?: readonly { name: string; contributes?: readonly Contribution[] }[];
  readonly folder?: string;
}

/** A provider as the composition root would build it, and runs over it. */
export function install({
  environment,
  options = {},
  plugins = [],
  folder = '/nowhere',
}: Installation) {
  const { logger, lines } = rememberingLogger();
  const parsed = Object.entries(options).map(([name, each]) => [
    name,
    dataSourceOptionsSchema.parse(each),
  ]);
  const provider = new DataSourceProvider({
    sources: collectSources(plugins),
    options: Object.fromEntries(parsed),
    environment,
    dataDir: folder,
    folder,
    logger,
    seams: fixedSeams(),
  });
  let runs = 0;
  /** Opens the scope of one run, with the part of it that looks after leases. */
  const openRun = () => {
    let leases: ScopeLeases | undefined;
    const extension = {
      open: (scope: RunScope): ScopeLeases => {
        leases = provider.open(scope);
        return leases;
      },
    };
    // Longer than a test may take: a machine that stands still must not cut disposal short.
    const factory = { root: container, extensions: [extension], disposeTimeoutMs: 600_000 };
    runs += 1;
    const scope = new RunScope(factory, { executionId: `run-${runs}`, task: 'test', attempt: 1 });
    const source = (definition: DataSourceDefinition): ScopedDataSource =>
      scope.container.resolve(definition.injectionToken);
    const records = () => leases?.records() ?? [];
    return { scope, source, records };
  };
  return { provider, lines, openRun };
}

/**
 * An account as it is where nothing stands still: a connection that its server does not let go of in time is killed
 * instead, and the log says so.
 */
export function asInTime<Account extends LedgerSummary>(
  account: Account,
  lines: readonly LogLine[],
): Account {
  const late = lines.filter(
    ({ message, fields: { error } }) =>
      message === 'closing a connection failed' &&
      error instanceof Error &&
      error.name === 'NotInTime',
  ).length;
  return { ...account, closed: account.closed + late, killed: account.killed - late };
}

export interface TestedEngine {
  readonly dialect: 'mariadb' | 'sqlite';
  /** URL of the suite's own database; known once its first test runs. */
  readonly url: () => string;
}

/** Declares a suite twice: on a real MariaDB and on SQLite. */
export function onBothEngines(name: string, suite: (engine: TestedEngine) => void): void {
  describeWithMaria(`${name}, on MariaDB`, () => {
    const { url } = freshDatabase('sources');
    suite({ dialect: 'mariadb', url: () => url });
  });
  describe(`${name}, on SQLite`, () => {
    let folder: TempFolder;
    beforeAll(() => {
      folder = tempFolder();
    });
    afterAll(() => folder[Symbol.dispose]());
    const file = `${randomBytes(4).toString('hex')}.db`;
    suite({ dialect: 'sqlite', url: () => `sqlite:${join(folder.path, file)}` });
  });
}

/** The error that a step throws; fails when it throws none. */
export async function errorOf(
  step: () => Promise<unknown> | unknown,
): Promise<Error & { code?: string }> {
  try {
    await step();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('it threw nothing');
}
