// One database: how many people HRIS employs today.
import { Hris, inject, type ScopedDataSource, Task } from 'skep';

@Task({ code: 'count_employees', description: 'Counts the active employees of HRIS' })
export class CountEmployees {
  constructor(@inject(Hris) private readonly hris: ScopedDataSource) {}

  async run(): Promise<{ active: number }> {
    const [row] = await this.hris.use((manager) =>
      manager.query<{ active: number }[]>(
        'SELECT COUNT(*) AS active FROM HR_Employee WHERE IsActive = 1',
      ),
    );
    return { active: Number(row?.active ?? 0) };
  }
}
