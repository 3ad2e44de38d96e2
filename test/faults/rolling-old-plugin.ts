// The plugin before the deploy.
import { definePlugin } from '../../src/index.js';
import { rollingTask } from './rolling-tasks.js';

export default definePlugin({
  name: 'rolling',
  version: '1.0.0',
  tasks: ['kept', 'removed'].map((code) => rollingTask(code, 'old')),
});
