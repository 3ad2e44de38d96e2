// The migrations of the tables of tracked executions, without those of the history.
import { AddFurtherFields1796169600000 } from './add-further-fields.js';
import { CreateTrackingTables1767312000000 } from './create-tracking-tables.js';

export const trackingMigrations = [
  CreateTrackingTables1767312000000,
  AddFurtherFields1796169600000,
] as const;
