// Loaded before a thread of tests and benchmarks that run from src/ (`--import`): TypeScript through tsx, with the
// decorators of Skep, and `skep` means the sources.
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { register as registerTypescript } from 'tsx/esm/api';
import { root } from './root.mjs';

registerTypescript({ tsconfig: `${root}/plugin.tsconfig.json` });
register('./sources-hooks.mjs', pathToFileURL(`${root}/scripts/lib/`));
