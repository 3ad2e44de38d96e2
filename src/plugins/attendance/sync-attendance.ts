// The task `sync_attendance`.
import { transientDatabase } from '../../core/errors/transient/transient.js';
import type { RunContext } from '../../core/run/run-context.js';
import { Retry, Task, TimeLimit, Tracked } from '../../core/tasks/decorators.js';
import { inject } from '../../core/tasks/inject.js';
import { BioStar, Maria, type ScopedDataSource } from '../../datasources/index.js';
import { supportedDialect } from '../../datasources/supported-engine.js';
import { Site } from './site.js';
import { readCursors, resetCursor } from './store/cursors.js';
import type { Directory } from './store/directory.js';
import { bringUpToDate } from './sync/bring-up-to-date.js';
import { LogReader, type LogTable, listLogTables } from './sync/log-tables.js';
import { MisreadCodes } from './sync/misread-codes.js';
import { readAhead } from './sync/read-ahead.js';
import { sortEvents } from './sync/sort-events.js';
import { storePage } from './sync/store-page.js';

/** What a synchronisation did; `read` = `stored` + `quarantined` + `duplicates` + `notAttendance`. */
export interface SyncSummary {
  /** Log tables that there were. */
  readonly tables: number;
  /** Rows read, those of the overlap included. */
  readonly read: number;
  /** Events that are new, `unmatched` ones included. */
  readonly stored: number;
  /** Attendance events that were there already. */
  readonly duplicates: number;
  /** Of the new ones, those whose id another event had before, since their log table was made anew. */
  readonly reusedIds: number;
  /** Of the stored ones, those that no employee matches. */
  readonly unmatched: number;
  /** Events of earlier runs that had no employee and have one now. */
  readonly resolved: number;
  /** Events of earlier runs whose employee turned out to be another. */
  readonly moved: number;
  /** Events of earlier runs that left quarantine because settings have changed. */
  readonly released: number;
  /** Events of earlier runs that went into quarantine because settings have changed. */
  readonly withdrawn: number;
  /** Events that are new and whose clock is not believed. */
  readonly quarantined: number;
  readonly notAttendance: number;
  /** Employee-days that events of this run touch; a day that two pages touch counts twice. */
  readonly dirtyDays: number;
}

type Totals = { -readonly [Key in keyof SyncSummary]: SyncSummary[Key] };

/** A log table with what is left of it to read. */
interface Unread {
  readonly table: LogTable;
  /** Ids above this one are read. */
  readonly after: number;
  readonly lastId: number;
}

/** Nothing fails: a BioStar that has recorded no event has none. */
const noLogTable =
  'BioStar shows no log table t_lgYYYYMM, so nothing was read: see that BIOSTAR_URL names its database, that the user may read the tables, and that their names are in lower case';

/**
 * Brings attendance events from BioStar into Maria. All log tables are visited, for late uploads land in past
 * ones. Each page is complete in itself, so that a run that was cut short is taken up where it ended, and a
 * second run finds nothing to do.
 */
@Task({ code: 'sync_attendance', description: 'Brings in attendance events from BioStar' })
@Retry({
  maxRetries: 5,
  on: [transientDatabase],
  delay: '30s',
  backoff: 'exponential',
  maxDelay: '15m',
})
@TimeLimit({ soft: '30m', hard: '35m' })
@Tracked()
export class SyncAttendance {
  constructor(
    @inject(BioStar) private readonly bioStar: ScopedDataSource,
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(Site) private readonly site: Site,
  ) {}

  async run(_payload: undefined, context: RunContext): Promise<SyncSummary> {
    const { directory, counts } = await bringUpToDate(this.maria, this.site, context);
    directory.unreadable.warn(context.logger);
    const totals: Totals = {
      tables: 0,
      read: 0,
      stored: 0,
      duplicates: 0,
      reusedIds: 0,
      unmatched: 0,
      ...counts,
      quarantined: 0,
      notAttendance: 0,
    };
    await this.bioStar.use(async (manager) => {
      const dialect = supportedDialect(BioStar, this.bioStar.dialect);
      const reader = new LogReader(manager, dialect, this.site.batchSize);
      const tables = await listLogTables(manager, dialect);
      totals.tables = tables.length;
      if (tables.length === 0) context.logger.warn(noLogTable);
      const unread = await this.#unread(reader, tables, context);
      await this.#readAll(reader, unread, directory, totals, context);
    });
    return totals;
  }

  /** Where to begin in each table. One that went backwards was made anew and is read from its beginning. */
  async #unread(
    reader: LogReader,
    tables: readonly LogTable[],
    { logger }: RunContext,
  ): Promise<Unread[]> {
    const { source, overlap } = this.site;
    const cursors = await this.maria.use((manager) => readCursors(manager, source));
    const unread: Unread[] = [];
    for (const table of tables) {
      const known = cursors.get(table.month) ?? 0;
      const lastId = await reader.lastId(table);
      if (lastId === undefined) continue;
      if (lastId < known) {
        logger.warn('a log table went backwards and is read again from its beginning', {
          table: table.name,
          lastId,
          lastIdBefore: known,
        });
        await this.maria.use((manager) => resetCursor(manager, source, table.month));
      }
      const after = lastId < known ? 0 : Math.max(0, known - overlap);
      unread.push({ table, after, lastId });
    }
    return unread;
  }

  async #readAll(
    reader: LogReader,
    unread: readonly Unread[],
    directory: Directory,
    totals: Totals,
    context: RunContext,
  ): Promise<void> {
    let current = directory;
    const expected = unread.reduce((sum, { after, lastId }) => sum + lastId - after, 0);
    let passed = 0;
    const misread = new MisreadCodes();
    for (const { table, after } of unread) {
      let reusedIds = 0;
      /** @returns false when the table turns out to have been made anew, so that its beginning must be read, too. */
      const readFrom = async (start: number): Promise<boolean> => {
        let last = start;
        for await (const rows of readAhead(reader.pages(table, start))) {
          context.signal.throwIfAborted();
          const events = sortEvents(rows, this.site, last);
          const { lastId } = events;
          misread.add(table.name, rows);
          const page = { month: table.month, lastId, events, fromStart: start === 0 };
          const known = current;
          const result = await this.maria.transaction((manager) =>
            storePage(manager, this.maria.dialect, this.site, page, known),
          );
          current = result.directory;
          totals.read += rows.length;
          totals.stored += result.stored;
          totals.duplicates += result.duplicates;
          totals.reusedIds += result.reusedIds;
          totals.unmatched += result.unmatched;
          totals.quarantined += result.quarantined;
          totals.notAttendance += page.events.passedOver;
          totals.dirtyDays += result.dirtyDays;
          passed += lastId - last;
          last = lastId;
          context.progress(Math.min(1, passed / expected), `${table.name}: ${totals.read} events`);
          reusedIds += result.reusedIds;
          if (result.reusedIds > 0 && start > 0) return false;
        }
        return true;
      };
      if (!(await readFrom(after))) await readFrom(0);
      if (reusedIds > 0) {
        context.logger.warn(
          'a log table was made anew: events have ids that other events had before, and are stored beside them',
          { table: table.name, events: reusedIds },
        );
      }
    }
    misread.warn(context.logger);
    context.progress(1, `${totals.read} events`);
  }
}
