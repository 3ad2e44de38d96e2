import { join } from 'node:path';
import {
  definePlugin,
  injectionToken,
  migrations,
  type PluginContext,
  perProcess,
  perRun,
  RunContext,
} from 'skep';
import { z } from 'zod';
import { Courier, FileCourier, LogCourier, Receipt } from './courier.js';
import { CreateInvoice1767225600000 } from './create-invoice.js';
import { pricesConfig } from './prices.js';
import { SendInvoices } from './send-invoices.js';

const options = z.strictObject({
  vat: z.number().min(0).max(1).default(0.15),
  courier: z.enum(['file', 'log']).default('log'),
});

export default definePlugin({
  name: 'invoices',
  version: '1.0.0',
  options,
  tasks: [SendInvoices],
  contributes: [migrations([CreateInvoice1767225600000])],
  register({ container, options: own, dataDir, logger }: PluginContext<z.output<typeof options>>) {
    container.registerInstance(pricesConfig, { vat: own.vat });
    const makeCourier = (): Courier =>
      own.courier === 'file'
        ? new FileCourier(join(dataDir, 'invoices.txt'))
        : new LogCourier(logger);
    container.register(injectionToken<Courier>(Courier), { useFactory: perProcess(makeCourier) });
    container.register(Receipt, {
      useFactory: perRun((run) => {
        const { executionId } = run.resolve(injectionToken<RunContext>(RunContext));
        return new Receipt(`invoices of ${executionId}`);
      }),
    });
  },
});
