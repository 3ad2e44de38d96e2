// What the history adds to the plugin: its tables, and the role that keeps the index of words.
import type { Contribution } from '../../../core/host/plugin.js';
import { role } from '../../../core/host/role.js';
import { migrations } from '../../../datasources/index.js';
import { textIndexer } from './indexer.js';
import { CreateHistoryTables1767312060000 } from './migrations/create-history-tables.js';

export const historyContributions: readonly Contribution[] = [
  migrations([CreateHistoryTables1767312060000]),
  role(textIndexer),
];
