import { inject, Task } from 'skep';
import { Courier, Receipt } from './courier.js';
import { Invoices } from './invoices.js';
import { Prices } from './prices.js';

@Task({ code: 'send_invoices' })
export class SendInvoices {
  constructor(
    @inject(Invoices) private readonly invoices: Invoices,
    @inject(Prices) private readonly prices: Prices,
    @inject(Courier) private readonly courier: Courier,
    @inject(Receipt) private readonly receipt: Receipt,
  ) {}

  async run(): Promise<{ title: string; lines: string[] }> {
    for (const invoice of await this.invoices.unsent()) {
      this.courier.send(`invoice ${invoice.id}: ${this.prices.gross(invoice.net)}`);
      await this.invoices.markSent(invoice);
      this.receipt.lines.push(`sent ${invoice.id}`);
    }
    return { title: this.receipt.title, lines: this.receipt.lines };
  }
}
