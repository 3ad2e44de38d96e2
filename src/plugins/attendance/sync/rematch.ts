// Matches stored events anew where a replication has changed who holds a code: unmatched events find their
// employee, and events move when a code turns out to have been reissued.
import type { EntityManager } from 'typeorm';
import type { ScopedDataSource } from '../../../datasources/scoped-data-source.js';
import type { Site } from '../site.js';
import { readCursors } from '../store/cursors.js';
import { Directory } from '../store/directory.js';
import { DayMarks, markDays } from '../store/dirty-days.js';
import { rosterChanges, writeRoster } from '../store/roster.js';
import {
  changeOwners,
  countResolved,
  type OwnerChange,
  ownerChanges,
  type StoredMatch,
} from './change-owner.js';

export interface Rematched {
  /** Events that had no employee and have one now. */
  readonly resolved: number;
  /** Events that had another employee, or have none any more. */
  readonly moved: number;
  readonly dirtyDays: number;
  /** The directory that everything is matched with now. */
  readonly directory: Directory;
}

const pageSize = 2_000;

/** Matches stored events with the employees as they are now. */
export class Rematch {
  readonly #counts = { resolved: 0, moved: 0, dirtyDays: 0 };

  constructor(
    private readonly maria: ScopedDataSource,
    private readonly site: Site,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Compares the replicated employees with the roster, which says what events were last matched with, and
   * matches the events of changed codes anew. Each page of events is one transaction; the roster follows
   * when all are done, so that a run that was cut short is taken up again.
   */
  async run(): Promise<Rematched> {
    // A replication may come in between; what it changed is matched in another pass.
    let directory: Directory | undefined;
    while (!directory) directory = await this.#pass();
    const { resolved, moved, dirtyDays } = this.#counts;
    return { resolved, moved, dirtyDays, directory };
  }

  /** The directory that was matched with, or undefined when it no longer holds. */
  async #pass(): Promise<Directory | undefined> {
    const { maria, site } = this;
    const { directory, changes, cursors } = await maria.transaction(async (manager) => {
      const directory = await Directory.hold(manager, maria.dialect, site);
      const changes = await rosterChanges(manager, directory.people);
      return { directory, changes, cursors: await readCursors(manager, site.source) };
    });
    // Before the first event every employee is new and there is nothing to match.
    for (const code of cursors.size > 0 ? changes.codes : []) {
      if (!(await this.#matchCode(code, directory))) return undefined;
    }
    if (changes.holders.length + changes.leftOut.length === 0) return directory;
    const written = await this.#held(directory, (manager) =>
      writeRoster(manager, maria.dialect, changes),
    );
    return written ? directory : undefined;
  }

  async #matchCode(code: string, directory: Directory): Promise<boolean> {
    let after: Pick<StoredMatch, 'month' | 'id'> | undefined = { month: 0, id: 0 };
    while (after) {
      this.signal.throwIfAborted();
      const from: Pick<StoredMatch, 'month' | 'id'> = after;
      const current = await this.#held(directory, async (manager) => {
        const events = await eventsOf(manager, this.site.source, code, from);
        await this.#write(manager, directory, ownerChanges(events, directory));
        after = events.length < pageSize ? undefined : events.at(-1);
      });
      if (!current) return false;
    }
    return true;
  }

  /** Works in a transaction in which the directory holds; false, and nothing done, when it no longer does. */
  async #held(
    directory: Directory,
    work: (manager: EntityManager) => Promise<void>,
  ): Promise<boolean> {
    const { maria, site } = this;
    return maria.transaction(async (manager) => {
      if ((await Directory.hold(manager, maria.dialect, site, directory)) !== directory)
        return false;
      await work(manager);
      return true;
    });
  }

  async #write(
    manager: EntityManager,
    directory: Directory,
    changes: readonly OwnerChange[],
  ): Promise<void> {
    const marks = new DayMarks();
    const resolved = countResolved(changes);
    this.#counts.resolved += resolved;
    this.#counts.moved += changes.length - resolved;
    await changeOwners(manager, this.site.source, directory, changes, marks);
    this.#counts.dirtyDays += await markDays(manager, this.maria.dialect, marks);
  }
}

/** The events of a code after a given one. Collations may find others too, which matching leaves as they are. */
function eventsOf(
  manager: EntityManager,
  source: string,
  code: string,
  { month, id }: Pick<StoredMatch, 'month' | 'id'>,
): Promise<StoredMatch[]> {
  return manager.query(
    `SELECT month, event_id AS id, user_code AS userCode, employee_id AS employeeId,
            device_at AS deviceAt
       FROM attendance_event
      WHERE user_code = ? AND source = ? AND (month > ? OR (month = ? AND event_id > ?))
      ORDER BY month, event_id LIMIT ${pageSize}`,
    [code, source, month, month, id],
  );
}
