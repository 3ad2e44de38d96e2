// An installation of the plugins hris and attendance over given sources: the real provider, the real runner.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { JsonValue } from '../../../src/core/json.js';
import { RunScope } from '../../../src/core/run/scope.js';
import type { TaskClass } from '../../../src/core/tasks/task-class.js';
import {
  collectSources,
  type DataSourceDefinition,
  DataSourceProvider,
  type ScopedDataSource,
} from '../../../src/datasources/index.js';
import attendance, {
  CalculateCompliance,
  SyncAttendance,
} from '../../../src/plugins/attendance/index.js';
import { attendanceOptions } from '../../../src/plugins/attendance/options.js';
import { Site } from '../../../src/plugins/attendance/site.js';
import hris, { HrisReplication } from '../../../src/plugins/hris/index.js';
import { hrisOptions } from '../../../src/plugins/hris/options.js';
import { createHarness, envelopeOf, fixedSeams, rememberingLogger } from '../../support/harness.js';
import { describeWithMaria, freshDatabase } from '../../support/mariadb.js';
import { type TempFolder, tempFolder } from '../../support/temp-folder.js';

export interface Urls {
  readonly maria: string;
  readonly hris: string;
  readonly biostar: string;
}

export interface InstallOptions {
  readonly attendance?: Readonly<Record<string, unknown>>;
  readonly hris?: Readonly<Record<string, unknown>>;
  /** Wall clock of the tasks, milliseconds. */
  readonly now?: () => number;
  /** Further tasks, to be run beside those of the plugins. */
  readonly tasks?: readonly TaskClass[];
}

/** What a run ended as. */
export interface Ended {
  readonly state: string;
  readonly error: { readonly name: string; readonly message: string } | undefined;
}

export interface Installed extends AsyncDisposable {
  /** Runs a task to its end and returns its result; an error when it did not succeed. */
  run(task: string, payload?: JsonValue): Promise<Record<string, number>>;
  /** Runs a task to its end, whatever that is. */
  attempt(task: string, payload?: JsonValue): Promise<Ended>;
  /** Stops the runs that are going on, as a runtime that shuts down does. */
  stop(): void;
  query<Row>(source: DataSourceDefinition, sql: string): Promise<Row[]>;
  readonly warnings: () => readonly string[];
  /** Messages of the latest run's progress, in order. */
  readonly lines: ReturnType<typeof rememberingLogger>['lines'];
}

/** Migrates Maria and registers the plugins. */
export async function install(urls: Urls, options: InstallOptions = {}): Promise<Installed> {
  const folder = tempFolder();
  const provider = new DataSourceProvider({
    sources: collectSources([hris, attendance]),
    options: {},
    environment: { MARIA_URL: urls.maria, HRIS_URL: urls.hris, BIOSTAR_URL: urls.biostar },
    dataDir: folder.path,
    folder: folder.path,
    logger: rememberingLogger().logger,
    seams: fixedSeams(),
  });
  await provider.migrator.run();
  const tasks = [HrisReplication, SyncAttendance, CalculateCompliance, ...(options.tasks ?? [])];
  const { root, perform, lines, runner } = createHarness({ tasks, extensions: [provider] });
  const context = {
    container: root,
    logger: rememberingLogger().logger,
    dataDir: folder.path,
    environment: {},
  };
  hris.register?.({ ...context, options: hrisOptions.parse(options.hris ?? {}) });
  const settings = attendanceOptions.parse(options.attendance ?? {});
  attendance.register?.({ ...context, options: settings });
  if (options.now) root.registerInstance(Site, new Site(settings, options.now));

  const attempt = async (task: string, payload: JsonValue = null) => {
    const settlement = await perform(envelopeOf(task, payload));
    if (settlement.kind === 'return') return { state: 'returned', error: undefined, result: null };
    const { report } = settlement;
    const state = settlement.kind === 'retry' ? 'retrying' : settlement.state;
    return { state, error: report.error, result: report.result };
  };
  return {
    attempt,
    async run(task, payload) {
      const { state, error, result } = await attempt(task, payload);
      if (state !== 'success') throw new Error(`${task}: ${state}: ${error?.message}`);
      return result as Record<string, number>; // the summaries of these tasks are objects of numbers
    },
    stop: () => runner.stop(),
    async query<Row>(source: DataSourceDefinition, sql: string) {
      const factory = { root, extensions: [provider], disposeTimeoutMs: 5_000 };
      const scope = new RunScope(factory, { executionId: 'query', task: 'query', attempt: 1 });
      try {
        const scoped: ScopedDataSource = scope.container.resolve(source.injectionToken);
        return await scoped.use((manager) => manager.query<Row[]>(sql));
      } finally {
        await scope.dispose();
      }
    },
    warnings: () => lines.filter(({ level }) => level === 'warn').map(({ message }) => message),
    lines,
    async [Symbol.asyncDispose]() {
      await provider.close();
      folder[Symbol.dispose]();
    },
  };
}

/** Declares a suite twice: with all three databases on a real MariaDB, and with three SQLite files. */
export function onBothEngines(name: string, suite: (urls: () => Urls) => void): void {
  describeWithMaria(`${name}, on MariaDB`, () => {
    const [maria, hris, biostar] = [
      freshDatabase('maria'),
      freshDatabase('hris'),
      freshDatabase('biostar'),
    ];
    suite(() => ({ maria: maria.url, hris: hris.url, biostar: biostar.url }));
  });
  describe(`${name}, on SQLite`, () => {
    let folder: TempFolder;
    beforeAll(() => {
      folder = tempFolder();
    });
    afterAll(() => folder[Symbol.dispose]());
    const file = (source: string): string =>
      `sqlite:${join(folder.path, `${source}-${randomBytes(4).toString('hex')}.db`)}`;
    let urls: Urls | undefined;
    suite(() => {
      urls ??= { maria: file('maria'), hris: file('hris'), biostar: file('biostar') };
      return urls;
    });
  });
}
