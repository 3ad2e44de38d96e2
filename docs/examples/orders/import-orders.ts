import {
  inject,
  Maria,
  type Payload,
  Retry,
  type RunContext,
  type ScopedDataSource,
  Task,
  TimeLimit,
  Tracked,
  transient,
} from 'skep';
import { z } from 'zod';
import { Shop } from './shop.js';

const ImportWindow = z.object({
  since: z.iso.date().default('2026-01-01'),
  batchSize: z.int().min(1).max(5_000).default(500),
});
type ImportWindow = Payload<typeof ImportWindow>;

interface ShopOrder {
  id: number;
  customer: string;
  cents: number;
}

@Task({ code: 'import_orders', payload: ImportWindow, description: 'Imports orders of the shop' })
@Retry({ maxRetries: 5, on: [transient], delay: '10s', maxDelay: '10m' })
@TimeLimit({ soft: '5m', hard: '6m' })
@Tracked()
export class ImportOrders {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(Shop) private readonly shop: ScopedDataSource,
  ) {}

  async run(window: ImportWindow, context: RunContext): Promise<{ imported: number }> {
    let imported = 0;
    for (let after = 0; ; ) {
      context.signal.throwIfAborted();
      const orders = await this.read(window, after);
      const last = orders.at(-1);
      if (last === undefined) return { imported };
      await this.store(orders);
      imported += orders.length;
      after = last.id;
      context.progress(imported / (imported + window.batchSize), `${imported} orders`);
    }
  }

  private read(window: ImportWindow, after: number): Promise<ShopOrder[]> {
    return this.shop.use((manager) =>
      manager.query(
        'SELECT id, customer, cents FROM orders WHERE id > ? AND ordered_on >= ? ORDER BY id LIMIT ?',
        [after, window.since, window.batchSize],
      ),
    );
  }

  // Writing an order twice changes nothing, so a batch that is repeated after a crash does no harm.
  private store(orders: readonly ShopOrder[]): Promise<void> {
    return this.maria.transaction(async (manager) => {
      for (const { id, customer, cents } of orders) {
        await manager.query('DELETE FROM imported_order WHERE id = ?', [id]);
        await manager.query('INSERT INTO imported_order (id, customer, cents) VALUES (?, ?, ?)', [
          id,
          customer,
          cents,
        ]);
      }
    });
  }
}
