// An employee as the rules see one.
import { createHash } from 'node:crypto';
import type { CodeHolder } from '../rules/employee-match.js';
import type { Employment } from '../rules/employment-days.js';
import { type Assignment, Schedule } from '../rules/schedule.js';
import type { Site } from '../site.js';

/** Raise it when the rules change, and every day is computed anew. */
const rulesVersion = 1;

export class Person implements CodeHolder, Employment {
  readonly id: number;
  readonly code: string;
  readonly hireDay: number;
  readonly terminationDay: number | undefined;
  readonly active: boolean;
  readonly schedule: Schedule;
  readonly #site: Site;

  constructor(facts: CodeHolder & Employment, assignments: readonly Assignment[], site: Site) {
    this.id = facts.id;
    this.code = facts.code;
    this.hireDay = facts.hireDay;
    this.terminationDay = facts.terminationDay;
    this.active = facts.active;
    this.schedule = new Schedule(site.zone, assignments);
    this.#site = site;
  }

  /** Changes whenever the person's days may come out differently for the same events: 27 characters. */
  get fingerprint(): string {
    const { zone, collapseSeconds } = this.#site;
    const { hireDay, terminationDay, active } = this;
    const employment = [hireDay, terminationDay, active];
    const { assignments } = this.schedule;
    const basis = [rulesVersion, zone.id, collapseSeconds, employment, assignments];
    return createHash('sha1').update(JSON.stringify(basis)).digest('base64url');
  }
}
