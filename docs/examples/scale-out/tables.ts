// The tables of the bookings: each primary key is what makes doing the same twice change nothing.
import { EntitySchema, type MigrationInterface, type QueryRunner, Table } from 'typeorm';

export interface Booking {
  /** Of the execution that booked it. */
  readonly id: string;
  readonly account: string;
  readonly cents: number;
}

export interface Balance {
  readonly account: string;
  readonly cents: number;
}

export const BookingEntity = new EntitySchema<Booking>({
  name: 'Booking',
  tableName: 'booking',
  columns: {
    id: { type: 'varchar', length: 36, primary: true },
    account: { type: 'varchar', length: 32 },
    cents: { type: 'int' },
  },
});

export const BalanceEntity = new EntitySchema<Balance>({
  name: 'Balance',
  tableName: 'balance',
  columns: {
    account: { type: 'varchar', length: 32, primary: true },
    cents: { type: 'int' },
  },
});

export class CreateBookings1767571200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: 'booking',
        columns: [
          { name: 'id', type: 'varchar', length: '36', isPrimary: true },
          { name: 'account', type: 'varchar', length: '32' },
          { name: 'cents', type: 'int' },
        ],
      }),
    );
    await runner.createTable(
      new Table({
        name: 'balance',
        columns: [
          { name: 'account', type: 'varchar', length: '32', isPrimary: true },
          { name: 'cents', type: 'int' },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('balance');
    await runner.dropTable('booking');
  }
}
