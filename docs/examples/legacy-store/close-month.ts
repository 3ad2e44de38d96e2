// A tracked task; it knows nothing of where it is recorded.
import { inject, Maria, type RunContext, type ScopedDataSource, Task, Tracked } from 'skep';
import { z } from 'zod';

const Month = z.strictObject({
  month: z.string().regex(/^\d{4}-\d{2}$/),
  fail: z.boolean().optional(),
});

@Task({ code: 'close_month', payload: Month })
@Tracked({ summarize: ({ month }: { month: string }) => `${month} closed` })
export class CloseMonth {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  async run(
    { month, fail }: z.output<typeof Month>,
    context: RunContext,
  ): Promise<{ month: string }> {
    await this.maria.transaction(async (manager) => {
      await manager.query('INSERT INTO closed_month (month) VALUES (?)', [month]);
      if (fail) throw new Error(`the accounts of ${month} do not balance`);
      // The month is closed and recorded as closed, or neither.
      await context.complete(manager, { month });
    });
    return { month };
  }
}
