import {
  Dispatcher,
  definePlugin,
  inject,
  type Payload,
  type PluginContext,
  Retry,
  RunContext,
  SoftTimeLimitExceeded,
  Task,
  TimeLimit,
} from 'skep';
import { z } from 'zod';

// #region service
/** A service of the plugin: one for the process, made by register(). */
class Rates {
  constructor(private readonly vat: number) {}

  gross(net: number): number {
    return Math.round(net * (1 + this.vat) * 100) / 100;
  }
}
// #endregion

// #region task
const Invoice = z.object({ customer: z.string().min(1), net: z.number().positive() });
type Invoice = z.output<typeof Invoice>;

@Task({ code: 'bill_customer', payload: Invoice, queue: 'billing' })
@Retry({ maxRetries: 3, notOn: [RangeError], delay: '5s', jitter: 'equal' })
export class BillCustomer {
  constructor(
    @inject(Rates) private readonly rates: Rates,
    @inject(RunContext) private readonly context: RunContext,
  ) {}

  run({ customer, net }: Invoice): { customer: string; gross: number } {
    if (net > 1_000_000) throw new RangeError(`${customer}: nobody pays that`);
    this.context.logger.info('billed', { customer });
    return { customer, gross: this.rates.gross(net) };
  }
}
// #endregion

// #region dispatch
@Task({ code: 'bill_everybody', payload: z.array(Invoice) })
export class BillEverybody {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}

  async run(invoices: Invoice[]): Promise<{ dispatched: number }> {
    const dispatched = await this.dispatcher.dispatchAll(
      invoices.map((payload) => ({ task: BillCustomer, payload, options: { delay: '1s' } })),
    );
    return { dispatched: dispatched.length };
  }
}
// #endregion

// #region payload
const Period = z.object({
  month: z.iso.date().transform((date) => date.slice(0, 7)),
  copies: z.int().default(1),
});

@Task({ code: 'send_statement', payload: Period, unique: { key: ({ month }) => month } })
export class SendStatement {
  run({ month, copies }: Payload<typeof Period>): { month: string; copies: number } {
    return { month, copies };
  }
}

@Task({ code: 'send_statements' })
export class SendStatements {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}

  async run(): Promise<{ ids: string[] }> {
    const sent = await this.dispatcher.dispatchAll([
      { task: SendStatement, payload: { month: '2026-02-28' } },
      { task: SendStatement, payload: { month: '2026-03-31', copies: 2 } },
    ]);
    return { ids: sent.map(({ id }) => id) };
  }
}
// #endregion

// #region call
@Task({ code: 'close_month' })
@TimeLimit({ soft: '30s', hard: '40s' })
@Retry({ maxRetries: 2, on: [SoftTimeLimitExceeded] })
export class CloseMonth {
  async run(_payload: unknown, context: RunContext): Promise<{ total: number }> {
    context.onDispose('month lock', () => context.logger.info('month unlocked'));
    let total = 0;
    for (const [index, net] of [100, 200].entries()) {
      context.signal.throwIfAborted();
      const billed = await context.call(BillCustomer, { customer: `C${index}`, net });
      total += billed.gross;
      context.progress((index + 1) / 2, billed.customer);
    }
    if (total === 0) context.retry({ delay: '1h', reason: 'nothing to bill yet' });
    return { total };
  }
}
// #endregion

// #region plugin
const options = z.strictObject({ vat: z.number().min(0).max(1).default(0.15) });

export default definePlugin({
  name: 'month-end',
  version: '1.0.0',
  skep: '>=0.1',
  options,
  tasks: [BillCustomer, BillEverybody, CloseMonth, SendStatement, SendStatements],
  register({ container, options: { vat } }: PluginContext<z.output<typeof options>>) {
    container.registerInstance(Rates, new Rates(vat));
  },
  async start({ logger, signal }) {
    signal.throwIfAborted();
    logger.info('ready to bill');
  },
  async close({ logger }) {
    logger.info('billing closed');
  },
});
// #endregion
