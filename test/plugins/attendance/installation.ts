// An installation of the plugins hris and attendance over given sources: the real provider, the real runner.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { RecordedError } from '../../../src/core/execution.js';
import type { JsonValue } from '../../../src/core/json.js';
import { RunScope } from '../../../src/core/run/scope.js';
import {
  collectSources,
  type DataSourceDefinition,
  DataSourceProvider,
  Maria,
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
import { describeWithPostgres, freshPostgres } from '../../support/postgres.js';
import { type TempFolder, tempFolder } from '../../support/temp-folder.js';

export interface Urls {
  readonly maria: string;
  readonly hris: string;
  readonly biostar: string;
}

/** Told of each step a run reports; may stop it. */
export type OnProgress = (task: string, message: string | undefined) => void;

export interface InstallOptions {
  readonly attendance?: Readonly<Record<string, unknown>>;
  readonly hris?: Readonly<Record<string, unknown>>;
  /** Wall clock of the tasks, milliseconds. */
  readonly now?: () => number;
}

/** What a run ended as. */
export interface Ended {
  readonly state: string;
  readonly error: RecordedError | undefined;
}

export interface Installed extends AsyncDisposable {
  /** Runs a task to its end and returns its result; an error when it did not succeed. */
  run(task: string, payload?: JsonValue): Promise<Record<string, number>>;
  /** Runs a task to its end, whatever that is. */
  attempt(task: string, payload?: JsonValue): Promise<Ended>;
  /** Stops the runs that are going on, as a runtime that shuts down does. */
  stop(): void;
  /** Called from now on with every step that runs report. */
  onProgress(listener: OnProgress): void;
  /** Works with a data source as a run would, in a scope of its own. */
  using<T>(
    source: DataSourceDefinition,
    work: (source: ScopedDataSource) => Promise<T>,
  ): Promise<T>;
  query<Row>(source: DataSourceDefinition, sql: string): Promise<Row[]>;
  /** Every row of the tables of both plugins, as JSON, by table, in an order of its own. */
  dump(): Promise<Record<string, string[]>>;
  /** Messages that were logged as warnings. */
  warnings(): string[];
}

const tables = [
  ...['hris_department', 'hris_employee', 'hris_position', 'hris_employee_position'],
  ...['hris_shift', 'hris_shift_assignment', 'hris_revision'],
  ...['attendance_event', 'attendance_quarantine', 'attendance_cursor', 'attendance_roster'],
  ...['attendance_dirty_day', 'attendance_coverage', 'attendance_compliance_day'],
  'attendance_settings',
];

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
  let listener: OnProgress = () => undefined;
  const { root, perform, lines, stopAndGoOn } = createHarness({
    tasks: [HrisReplication, SyncAttendance, CalculateCompliance],
    extensions: [provider],
    observers: [{ progress: ({ task }, _fraction, message) => listener(task, message) }],
  });
  const context = {
    container: root,
    logger: rememberingLogger().logger,
    dataDir: folder.path,
    environment: {},
    isThread: false,
  };
  hris.register?.({ ...context, options: hrisOptions.parse(options.hris ?? {}) });
  const settings = attendanceOptions.parse(options.attendance ?? {});
  attendance.register?.({ ...context, options: settings });
  if (options.now) root.registerInstance(Site, new Site(settings, options.now));

  const attempt = async (task: string, payload: JsonValue = null) => {
    const settlement = await perform(envelopeOf(task, payload));
    if (!('report' in settlement)) return { state: 'returned', error: undefined, result: null };
    const { report } = settlement;
    const state = settlement.kind === 'retry' ? 'retrying' : settlement.state;
    return { state, error: report.error, result: report.result };
  };
  const using: Installed['using'] = async (source, work) => {
    const factory = { root, extensions: [provider], disposeTimeoutMs: 5_000 };
    const scope = new RunScope(factory, { executionId: 'test', task: 'test', attempt: 1 });
    try {
      return await work(scope.container.resolve<ScopedDataSource>(source.injectionToken));
    } finally {
      await scope.dispose();
    }
  };
  const query = <Row>(source: DataSourceDefinition, sql: string): Promise<Row[]> =>
    using(source, (scoped) => scoped.use((manager) => manager.query<Row[]>(sql)));
  return {
    attempt,
    async run(task, payload) {
      const { state, error, result } = await attempt(task, payload);
      if (state !== 'success') throw new Error(`${task}: ${state}: ${error?.message}`);
      return result as Record<string, number>; // the summaries of these tasks are objects of numbers
    },
    stop: stopAndGoOn,
    onProgress: (next) => {
      listener = next;
    },
    using,
    query,
    async dump() {
      const rows: Record<string, string[]> = {};
      for (const table of tables) {
        const found = await query(Maria, `SELECT * FROM ${table}`);
        rows[table] = found.map((row) => JSON.stringify(row)).sort();
      }
      return rows;
    },
    warnings: () => lines.filter(({ level }) => level === 'warn').map(({ message }) => message),
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
    const file = sqliteFiles();
    let urls: Urls | undefined;
    suite(() => {
      urls ??= { maria: file('maria'), hris: file('hris'), biostar: file('biostar') };
      return urls;
    });
  });
}

/** As `onBothEngines`, and a third time with HRIS and BioStar on a real PostgreSQL. */
export function onEachEngine(name: string, suite: (urls: () => Urls) => void): void {
  onBothEngines(name, suite);
  describeWithPostgres(`${name}, with sources on PostgreSQL`, () => {
    const file = sqliteFiles();
    const [hris, biostar] = [freshPostgres('hris'), freshPostgres('biostar')];
    let urls: Urls | undefined;
    suite(() => {
      urls ??= { maria: file('maria'), hris: hris.url, biostar: biostar.url };
      return urls;
    });
  });
}

/** URLs of new files in a folder of the surrounding suite's own. */
function sqliteFiles(): (source: string) => string {
  let folder: TempFolder;
  beforeAll(() => {
    folder = tempFolder();
  });
  afterAll(() => folder[Symbol.dispose]());
  return (source) =>
    `sqlite:${join(folder.path, `${source}-${randomBytes(4).toString('hex')}.db`)}`;
}
