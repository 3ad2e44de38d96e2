import { inject, injectable, Maria, RunContext, type ScopedDataSource } from 'skep';

export interface Invoice {
  readonly id: number;
  readonly net: number;
}

/** One for each run: it holds a data source of the run. */
@injectable()
export class Invoices {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(RunContext) private readonly context: RunContext,
  ) {}

  unsent(): Promise<Invoice[]> {
    const sql = 'SELECT id, net FROM guide_invoice WHERE sent_by IS NULL ORDER BY id';
    return this.maria.use((manager) => manager.query(sql));
  }

  async markSent({ id }: Invoice): Promise<void> {
    const sql = 'UPDATE guide_invoice SET sent_by = ? WHERE id = ?';
    await this.maria.use((manager) => manager.query(sql, [this.context.executionId, id]));
  }
}
