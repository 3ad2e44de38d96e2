// A plugin that records @Tracked executions in the table that the old system had.
import { definePlugin, executionStore, migrations } from 'skep';
import { AddFence1767398400000 } from './add-fence.js';
import { CloseMonth } from './close-month.js';
import { LegacyStore } from './legacy-store.js';

export default definePlugin({
  name: 'legacy-tracking',
  version: '1.0.0',
  tasks: [CloseMonth],
  contributes: [
    migrations([AddFence1767398400000]),
    executionStore((parts) => new LegacyStore(parts)),
  ],
});
