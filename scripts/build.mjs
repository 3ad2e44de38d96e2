// npm run build: sets up what is missing and compiles src/ into dist/ when it changed.
import { main } from './lib/failure.mjs';
import { setUp } from './lib/set-up.mjs';

await main(setUp);
