// The plugin after the deploy: one task more, and one less.
import { definePlugin } from '../../src/index.js';
import { rollingTask } from './rolling-tasks.js';

export default definePlugin({
  name: 'rolling',
  version: '2.0.0',
  tasks: ['kept', 'added'].map((code) => rollingTask(code, 'new')),
});
