// npm start: sets up what is missing, then becomes `skep start` with the arguments given.
// The command is imported, not spawned: signals, exit code and terminal are its own. What this script
// says goes to stderr, so that stdout holds the command's output alone.
import { pathToFileURL } from 'node:url';
import { binary } from './lib/build.mjs';
import { main } from './lib/failure.mjs';
import { setUp } from './lib/set-up.mjs';

await main(async () => {
  await setUp();
  process.argv = [process.execPath, binary, 'start', ...process.argv.slice(2)];
  await import(pathToFileURL(binary).href);
});
