// Compiles src/ into dist/ and makes what follows from it, only when something it is made from changed.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fingerprint } from './fingerprint.mjs';
import { root } from './root.mjs';
import { mustRun, tool } from './run.mjs';

const dist = join(root, 'dist');

/** The compiled command. */
export const binary = join(dist, 'cli', 'skep.js');

/** Writes what is made from the compiled code: these files. */
const generator = 'scripts/generate.mjs';
const generated = ['plugins.schema.json', 'docs/errors.md'];

/** What dist/ is made from; the lock file stands for the compiler and the types it saw. */
const ingredients = ['src', 'tsconfig.json', 'package.json', 'package-lock.json', generator];

// Beside dist/, not in it: what is in dist/ is published.
const stamp = join(root, '.cache', 'build.sha256');

const stamped = () => (existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined);

export function buildIsFresh() {
  const products = [binary, ...generated.map((file) => join(root, file))];
  return products.every((file) => existsSync(file)) && stamped() === fingerprint(root, ingredients);
}

/** Builds from nothing, so that no output outlives its source. */
export async function build() {
  // Taken before compiling: a source saved meanwhile makes the next start build again.
  const madeFrom = fingerprint(root, ingredients);
  rmSync(stamp, { force: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  await mustRun([...tool('typescript', 'tsc'), '-p', 'tsconfig.json'], 'The build failed (tsc).');
  const remake = [process.execPath, join(root, generator)];
  await mustRun(remake, `${generated.join(' and ')} could not be generated.`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, madeFrom);
}
