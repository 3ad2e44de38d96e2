// Everybody at the site, for the hot path: whose event is it, and which of their days does it touch?
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../../datasources/scoped-data-source.js';
import { holdRevision } from '../../hris/index.js';
import { DayFinder } from '../rules/day-finder.js';
import { EmployeeMatcher } from '../rules/employee-match.js';
import type { Site } from '../site.js';
import { loadPeople, loadShifts } from './people.js';
import type { Person } from './person.js';
import { UnreadableRows } from './unreadable-rows.js';

export class Directory {
  readonly #matcher: EmployeeMatcher;
  readonly #finders: ReadonlyMap<number, DayFinder>;

  private constructor(
    /** Revision of the replicated tables it was read at. */
    readonly revision: number,
    readonly people: readonly Person[],
    /** Replicated rows that were left out. */
    readonly unreadable: UnreadableRows,
    private readonly site: Site,
  ) {
    this.#matcher = new EmployeeMatcher(people);
    this.#finders = new Map(
      people.map(({ id, schedule }) => [id, new DayFinder(schedule, site.zone)]),
    );
  }

  /**
   * The directory as it holds until this transaction ends: `known` when it is still right, else read anew.
   * Nothing may have been read in the transaction before, or it would not see what is read anew.
   */
  static async hold(
    manager: EntityManager,
    dialect: Dialect,
    site: Site,
    known?: Directory,
  ): Promise<Directory> {
    const revision = await holdRevision(manager, dialect);
    if (known?.revision === revision) return known;
    const unreadable = new UnreadableRows();
    const shifts = await loadShifts(manager, unreadable);
    const people = await loadPeople(manager, site, shifts, unreadable);
    return new Directory(revision, people, unreadable, site);
  }

  /** Id of the employee whose event this is, or null. */
  match(userCode: string, deviceAt: number): number | null {
    return this.#matcher.match(userCode, this.site.zone.dayOf(deviceAt)) ?? null;
  }

  /** The employee's days whose windows hold the instant. */
  daysOf(employeeId: number, instant: number): readonly number[] {
    return this.#finders.get(employeeId)?.daysHolding(instant) ?? [];
  }
}
