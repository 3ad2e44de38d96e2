import { Dispatcher, definePlugin, inject, SkepError, Task } from 'skep';
import { z } from 'zod';

// #region limits
const Invoice = z.object({ customer: z.string(), number: z.int() });
type Invoice = z.output<typeof Invoice>;

/** The bank takes two requests at one time and a hundred a minute, from all of us together. */
@Task({ code: 'collect', payload: Invoice, queue: 'bank', concurrency: 2, rateLimit: '100/1m' })
export class Collect {
  run({ customer, number }: Invoice): { collected: string } {
    return { collected: `${customer}-${number}` };
  }
}
// #endregion

// #region unique
/** However often it is asked for: one refresh of a customer waits or runs. */
@Task({
  code: 'refresh_customer',
  payload: Invoice,
  unique: { key: ({ customer }: Invoice) => customer },
})
export class RefreshCustomer {
  run({ customer }: Invoice): { refreshed: string } {
    return { refreshed: customer };
  }
}

/** Once in 24 hours, also when the last one has long ended. */
@Task({ code: 'remind', payload: Invoice, unique: { for: '24h', onDuplicate: 'reject' } })
export class Remind {
  run({ customer }: Invoice): { reminded: string } {
    return { reminded: customer };
  }
}
// #endregion

// #region dispatch
@Task({ code: 'work_through', payload: Invoice, priority: 'high', expires: '1h' })
export class WorkThrough {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}

  async run(invoice: Invoice): Promise<{ refresh: string; reminded: boolean }> {
    const { id } = await this.dispatcher.dispatch(RefreshCustomer, invoice, { priority: 'high' });
    await this.dispatcher.dispatch(Collect, invoice, { delay: '1s', expires: '2h' });
    return { refresh: id, reminded: await this.#remind(invoice) };
  }

  async #remind(invoice: Invoice): Promise<boolean> {
    try {
      await this.dispatcher.dispatch(Remind, invoice, { priority: 'low' });
      return true;
    } catch (error) {
      if (error instanceof SkepError && error.code === 'SKEP_DUPLICATE') return false;
      throw error;
    }
  }
}
// #endregion

export default definePlugin({
  name: 'invoices',
  version: '1.0.0',
  skep: '>=0.1',
  tasks: [Collect, RefreshCustomer, Remind, WorkThrough],
});
