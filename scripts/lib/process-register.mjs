// Loaded before a process that a test starts (`--import`): TypeScript through tsx, with the decorators of Skep; and where
// the build is fresh, what is imported from src/ is taken from dist/, which is what is published and starts several
// times faster.
import { register } from 'node:module';
import { register as registerTypescript } from 'tsx/esm/api';
import { buildIsFresh } from './build.mjs';
import { root } from './root.mjs';

registerTypescript({ tsconfig: `${root}/plugin.tsconfig.json` });
if (buildIsFresh()) register('./bench-hooks.mjs', import.meta.url);
