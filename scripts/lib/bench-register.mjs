// Loaded before a benchmark (`node --import`): TypeScript through tsx, and src/ redirected to dist/.
import { register } from 'node:module';
import 'tsx';

register('./bench-hooks.mjs', import.meta.url);
