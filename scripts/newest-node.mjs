// Puts the newest Node that the npm package `node` offers under .cache/newest-node, and prints the folder of
// its binary. That package fetches the binary in an install script, which npm may not run; the package
// of one platform carries it as a plain file.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, main } from './lib/failure.mjs';
import { root } from './lib/root.mjs';
import { mustRun, npm } from './lib/run.mjs';
import { step } from './lib/say.mjs';

const folder = join(root, '.cache', 'newest-node');
const platformPackage = `node-${process.platform}-${process.arch}`;

/** @param {string} version */
async function install(version) {
  mkdirSync(folder, { recursive: true });
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  await mustRun(
    [...npm(), 'install', `--prefix=${folder}`, ...flags, `${platformPackage}@${version}`],
    `Node ${version} could not be installed from ${platformPackage}.`,
  );
}

await main(async () => {
  const unknown = 'The newest version of the npm package "node" could not be found out.';
  const printed = await mustRun([...npm(), 'view', 'node', 'version', '--loglevel=error'], unknown);
  const version = printed.trim();
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Failure(unknown, printed);
  await step(`Installing Node ${version}`, () => install(version));
  const binaries = join(folder, 'node_modules', platformPackage, 'bin');
  if (!existsSync(join(binaries, 'node'))) {
    throw new Failure(`${platformPackage}@${version} holds no bin/node.`);
  }
  process.stdout.write(`${binaries}\n`);
});
