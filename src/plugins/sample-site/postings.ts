// Who holds which position in which department, and when; some hold two at once.
import type { Calendar, Step } from './calendar.js';
import type { Day } from './days.js';
import { positions, type Unit } from './organisation.js';
import type { People, Person } from './person.js';
import { Random, stream } from './random.js';

export interface Posting {
  readonly id: number;
  readonly person: Person;
  readonly position: number;
  readonly unit: number;
  readonly from: Day;
  /** Inclusive; null: open. */
  readonly to: Day | null;
  /** The step from which HRIS knows that it ended. */
  readonly endKnown: Step;
}

const acting = positions.length;

export function makePostings(
  people: People,
  units: readonly Unit[],
  calendar: Calendar,
  seed: number,
): Posting[] {
  const open = units.filter(({ active }) => active).map(({ id }) => id);
  let id = 0;
  return people.flatMap((person, index) => {
    const random = new Random(seed, stream.postings, index);
    const { hired, left, leftKnown } = person;
    const somewhere = () => ({
      id: ++id,
      person,
      position: random.int(1, positions.length - 1),
      unit: open[random.int(0, open.length - 1)] ?? 1,
      endKnown: leftKnown,
    });
    // Some postings stay open when the employee leaves.
    const to = left !== null && (leftKnown === 'later' || random.chance(0.7)) ? left : null;
    const first: Posting = { ...somewhere(), from: hired, to };
    const moved = Math.min(hired + random.int(20, 400), calendar.until.first - 1);
    if (moved <= hired || left !== null) return [first];
    switch (index % 10) {
      case 2: // moved to another department
        return [
          { ...first, to: moved - 1 },
          { ...somewhere(), from: moved, to },
        ];
      case 5: // two at once, the later start counts
        return [first, { ...somewhere(), position: acting, from: moved, to }];
      case 9: // two at once from the same day, the higher id counts
        return [first, { ...somewhere(), position: acting, from: hired, to }];
      default:
        return [first];
    }
  });
}
