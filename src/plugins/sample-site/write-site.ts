// Writes a planned site into its two sources, and later the step that follows.
import { setImmediate } from 'node:timers/promises';
import { SkepError } from '../../core/errors/skep-error.js';
import { BioStar } from '../../datasources/biostar.js';
import type { DataSourceDefinition } from '../../datasources/definition.js';
import { Hris } from '../../datasources/hris.js';
import { parseTarget } from '../../datasources/url.js';
import { arrivals } from './arrivals.js';
import { bioStarRows, logRows } from './biostar-rows.js';
import type { Step } from './calendar.js';
import { hrisChange, hrisRows, hrisTableNames } from './hris-rows.js';
import type { SitePlan } from './plan.js';
import { hrisTables, logTable } from './schema.js';
import { openSqliteWriter } from './write-sqlite.js';
import type { SiteWriter, WriterMode } from './writer.js';

/**
 * Where the two sources are: `sqlite:` URLs of files, `mariadb:` / `mysql:` URLs that name a database, or `postgres:`
 * URLs of a database that exists.
 */
export interface SiteUrls {
  readonly hris: string;
  readonly biostar: string;
}

export interface Written {
  readonly employees: number;
  /** Rows added to the log tables. */
  readonly events: number;
}

/**
 * Writes the first step. Files appear only when they are whole; tables that exist are never overwritten.
 * @param signal gives up between two days, and takes back what was written.
 * @throws SkepError `SKEP_DATASOURCE_URL` for another engine, `SKEP_DATABASE_FILE` when a file exists.
 */
export async function writeSite(
  plan: SitePlan,
  urls: SiteUrls,
  signal?: AbortSignal,
): Promise<Written> {
  return writing(urls, 'new', async ({ hris, biostar }) => {
    const rows = hrisRows(plan, 'first');
    for (const name of hrisTableNames) {
      await hris.create(hrisTables[name]);
      await hris.insert(hrisTables[name], rows[name]);
    }
    for (const [table, tableRows] of bioStarRows(plan)) {
      await biostar.create(table);
      await biostar.insert(table, tableRows);
    }
    const events = await writeLog(biostar, plan, 'first', signal);
    return { employees: rows.HR_Employee.length, events };
  });
}

/**
 * Brings a written site to the later step: two more days of events and an upload into past tables, and in
 * HRIS an arrival, two departures and a renamed department.
 */
export async function writeLater(plan: SitePlan, urls: SiteUrls): Promise<Written> {
  return writing(urls, 'add', async ({ hris, biostar }) => {
    const [before, after] = [hrisRows(plan, 'first'), hrisRows(plan, 'later')];
    for (const name of hrisTableNames) {
      const { added, changed } = hrisChange(name, before, after);
      await hris.insert(hrisTables[name], added);
      for (const row of changed) await hris.update(hrisTables[name], row);
    }
    const events = await writeLog(biostar, plan, 'later');
    return { employees: after.HR_Employee.length, events };
  });
}

async function writeLog(
  biostar: SiteWriter,
  plan: SitePlan,
  step: Step,
  signal?: AbortSignal,
): Promise<number> {
  const created = new Set<string>();
  let events = 0;
  for (const arrived of arrivals(plan, step)) {
    for (const month of arrived.months.keys()) {
      const table = logTable(month);
      if (!created.has(month)) await biostar.create(table, { ifMissing: step === 'later' });
      created.add(month);
      const rows = logRows(arrived, month, plan.calendar.zone);
      await biostar.insert(table, rows);
      events += rows.length;
    }
    await biostar.checkpoint();
    // SQLite never waits: without this nothing else would run, not even the deadline that aborts.
    await setImmediate();
    signal?.throwIfAborted();
  }
  return events;
}

interface Sources {
  readonly hris: SiteWriter;
  readonly biostar: SiteWriter;
}

/**
 * Opens both sources, and publishes both or abandons both. HRIS is opened last and published last, so that
 * BioStar alone under its name means: both are whole.
 */
async function writing(
  urls: SiteUrls,
  mode: WriterMode,
  work: (sources: Sources) => Promise<Written>,
): Promise<Written> {
  const opened: SiteWriter[] = [];
  const open = async (definition: DataSourceDefinition, url: string): Promise<SiteWriter> => {
    const writer = await openWriter(definition, url, mode);
    opened.push(writer);
    return writer;
  };
  let written: Written;
  try {
    const biostar = await open(BioStar, urls.biostar);
    const hris = await open(Hris, urls.hris);
    written = await work({ hris, biostar });
    for (const writer of opened) await writer.finish();
  } catch (error) {
    await Promise.allSettled(opened.map((writer) => writer.abandon()));
    throw error;
  }
  for (const writer of opened) await writer.publish();
  return written;
}

async function openWriter(
  definition: DataSourceDefinition,
  url: string,
  mode: WriterMode,
): Promise<SiteWriter> {
  const target = parseTarget(definition, url, process.cwd());
  if (target.dialect === 'sqlite') return openSqliteWriter(target.file, mode);
  if (target.dialect === 'mariadb') {
    const { openMariaWriter } = await import('./write-mariadb.js'); // most sites need no driver
    return openMariaWriter(target, mode);
  }
  if (target.dialect === 'postgres') {
    const { openPostgresWriter } = await import('./write-postgres.js');
    return openPostgresWriter(target, mode);
  }
  throw new SkepError(
    'SKEP_DATASOURCE_URL',
    `a sample site cannot be written to ${target.dialect}`,
    {
      remedy: 'Use a sqlite:, mariadb://, mysql:// or postgres:// URL.',
    },
  );
}
