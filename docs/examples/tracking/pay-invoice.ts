// Pays an invoice: the payment and the success of the execution commit together.
import { inject, Maria, Retry, type RunContext, type ScopedDataSource, Task, Tracked } from 'skep';
import { z } from 'zod';

const Payment = z.strictObject({ invoice: z.int(), amount: z.int().positive() });

@Task({ code: 'pay_invoice', payload: Payment })
@Retry({ maxRetries: 5, delay: '10s' })
@Tracked({ summarize: ({ paid }: { paid: number }) => `${paid} paid`, retention: '365d' })
export class PayInvoice {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  async run({ invoice, amount }: z.output<typeof Payment>, context: RunContext): Promise<void> {
    await this.maria.transaction(async (manager) => {
      await manager.query('INSERT INTO payment (invoice_id, amount) VALUES (?, ?)', [
        invoice,
        amount,
      ]);
      await context.complete(manager, { paid: amount });
    });
  }
}
