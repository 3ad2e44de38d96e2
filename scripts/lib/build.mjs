// Compiles src/ into dist/, only when something it is made from changed.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { root } from './root.mjs';
import { mustRun, tool } from './run.mjs';
import { shipPackages } from './ship-packages.mjs';

const dist = join(root, 'dist');

/** The compiled command. */
export const binary = join(dist, 'cli', 'skep.js');

/** What dist/ is made from; the lock file stands for the compiler and the types it saw. */
const ingredients = [
  'src',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
  'scripts/stand-ins',
  'scripts/lib/ship-packages.mjs',
];

// Beside dist/, not in it: what is in dist/ is published.
const stamp = join(root, '.cache', 'build.sha256');

const stamped = () => (existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined);

export function buildIsFresh() {
  return existsSync(binary) && stamped() === fingerprint(root, ingredients);
}

/** Builds from nothing, so that no output outlives its source. */
export async function build() {
  // Taken before compiling: a source saved meanwhile makes the next start build again.
  const madeFrom = fingerprint(root, ingredients);
  rmSync(stamp, { force: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  await mustRun([...tool('typescript', 'tsc'), '-p', 'tsconfig.json'], 'The build failed (tsc).');
  shipPackages();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, madeFrom);
}
