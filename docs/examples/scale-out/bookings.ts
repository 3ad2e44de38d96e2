// Tasks that may run twice: three ways to have the second time change nothing.
import {
  definePlugin,
  entities,
  inject,
  Maria,
  migrations,
  Retry,
  RunContext,
  type ScopedDataSource,
  Task,
  transient,
} from 'skep';
import { z } from 'zod';
import { BalanceEntity, BookingEntity, CreateBookings1767571200000 } from './tables.js';

// #region book
const Entry = z.strictObject({ account: z.string().max(32), cents: z.int() });
type Entry = z.output<typeof Entry>;

/** By the id of the execution, which is the same in every attempt. */
@Task({ code: 'book', payload: Entry })
@Retry({ maxRetries: 5, on: [transient], delay: '10s' })
export class Book {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(RunContext) private readonly context: RunContext,
  ) {}

  async run(entry: Entry): Promise<void> {
    const id = this.context.executionId;
    await this.maria.use((manager) => manager.upsert(BookingEntity, { id, ...entry }, ['id']));
  }
}
// #endregion

// #region add-up
/** By the key of what it is about, with a value that is computed anew; one at a time, so that none writes an older sum last. */
@Task({ code: 'add_up', payload: z.string(), concurrency: 1 })
export class AddUp {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  async run(account: string): Promise<{ cents: number }> {
    return this.maria.transaction(async (manager) => {
      const cents = (await manager.sum(BookingEntity, 'cents', { account })) ?? 0;
      await manager.upsert(BalanceEntity, { account, cents: Number(cents) }, ['account']);
      return { cents: Number(cents) };
    });
  }
}
// #endregion

// #region pay-out
const Payment = Entry.extend({ bank: z.url() });

/** By a key that the other side remembers. */
@Task({ code: 'pay_out', payload: Payment })
export class PayOut {
  async run(
    { bank, ...payment }: z.output<typeof Payment>,
    { executionId, signal }: RunContext,
  ): Promise<{ status: number }> {
    const response = await fetch(bank, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': executionId },
      body: JSON.stringify(payment),
      signal,
    });
    if (!response.ok) throw new Error(`the bank answers ${response.status}`);
    return { status: response.status };
  }
}
// #endregion

export default definePlugin({
  name: 'bookings',
  version: '1.0.0',
  tasks: [Book, AddUp, PayOut],
  contributes: [
    entities(Maria, [BookingEntity, BalanceEntity]),
    migrations([CreateBookings1767571200000]),
  ],
});
