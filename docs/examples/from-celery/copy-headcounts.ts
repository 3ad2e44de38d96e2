// Two databases: read in HRIS, written in Maria in one transaction.
import {
  Hris,
  inject,
  Maria,
  Retry,
  type ScopedDataSource,
  Task,
  TimeLimit,
  Tracked,
  transient,
} from 'skep';
import { z } from 'zod';
import { type Headcount, HeadcountEntity } from './headcount.js';

const HeadcountDay = z.strictObject({ day: z.iso.date() });
type HeadcountDay = z.output<typeof HeadcountDay>;

/** How many people hold a position in each unit on a day. */
const perUnit = `
  SELECT OrganizationUnitID AS unitId, COUNT(DISTINCT EmployeeID) AS people
  FROM HR_EmployeePosition
  WHERE StartDate <= ? AND (EndDate IS NULL OR EndDate >= ?)
  GROUP BY OrganizationUnitID`;

@Task({ code: 'copy_headcounts', payload: HeadcountDay })
@Retry({ maxRetries: 3, on: [transient], delay: '30s' })
@TimeLimit({ soft: '2m', hard: '3m' })
@Tracked()
export class CopyHeadcounts {
  constructor(
    @inject(Hris) private readonly hris: ScopedDataSource,
    @inject(Maria) private readonly maria: ScopedDataSource,
  ) {}

  async run({ day }: HeadcountDay): Promise<{ units: number }> {
    const counts = await this.hris.use((manager) =>
      manager.query<Omit<Headcount, 'day'>[]>(perUnit, [day, day]),
    );
    await this.maria.transaction(async (manager) => {
      // Doing it twice changes nothing: an attempt may come again.
      await manager.delete(HeadcountEntity, { day });
      const rows = counts.map(({ unitId, people }) => ({ day, unitId, people: Number(people) }));
      await manager.insert(HeadcountEntity, rows);
    });
    return { units: counts.length };
  }
}
