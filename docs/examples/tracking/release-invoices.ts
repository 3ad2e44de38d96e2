// Releases invoices and has each of them paid: all of it if the transaction commits, none of it if not.
import { Dispatcher, inject, Maria, type ScopedDataSource, Task, Tracked } from 'skep';
import { z } from 'zod';
import { PayInvoice } from './pay-invoice.js';

const Release = z.strictObject({ invoices: z.array(z.int()).min(1), fail: z.boolean().optional() });

@Task({ code: 'release_invoices', payload: Release })
@Tracked()
export class ReleaseInvoices {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(Dispatcher) private readonly dispatcher: Dispatcher,
  ) {}

  run({ invoices, fail }: z.output<typeof Release>): Promise<{ started: string[] }> {
    return this.maria.transaction(async (manager) => {
      for (const id of invoices) {
        await manager.query('INSERT INTO invoice (id, released) VALUES (?, 1)', [id]);
      }
      const payments = await this.dispatcher
        .within(manager)
        .dispatchAll(
          invoices.map((invoice) => ({ task: PayInvoice, payload: { invoice, amount: 100 } })),
        );
      if (fail) throw new Error('the books do not balance');
      return { started: payments.map(({ id }) => id) };
    });
  }
}
