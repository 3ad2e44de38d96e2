// Puts another version of Node under .cache/node-VERSION and prints the folder of its binary:
//
//   node scripts/other-node.mjs 22        the newest of that line
//   node scripts/other-node.mjs latest    the newest that there is
//
// The npm package `node` fetches the binary in an install script, which npm may not run; the package of one platform
// carries it as a plain file.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, main } from './lib/failure.mjs';
import { root } from './lib/root.mjs';
import { mustRun, npm } from './lib/run.mjs';
import { step } from './lib/say.mjs';

const platformPackage = `node-${process.platform}-${process.arch}`;

/**
 * The exact version that a line or a tag stands for: the newest that fits.
 * @param {string} wanted
 */
async function exactVersion(wanted) {
  const unknown = `The version of ${platformPackage} for "${wanted}" could not be found out.`;
  const packageOf = wanted === 'latest' ? 'node@latest' : `${platformPackage}@${wanted}`;
  const command = [...npm(), 'view', packageOf, 'version', '--json', '--loglevel=error'];
  const printed = await mustRun(command, unknown);
  /** @type {string[]} in no useful order */
  const found = [JSON.parse(printed)].flat();
  const [newest] = found.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (newest !== undefined && /^\d+\.\d+\.\d+$/.test(newest)) return newest;
  throw new Failure(unknown, printed);
}

/** @param {string} version @param {string} folder */
async function install(version, folder) {
  mkdirSync(folder, { recursive: true });
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  await mustRun(
    [...npm(), 'install', `--prefix=${folder}`, ...flags, `${platformPackage}@${version}`],
    `Node ${version} could not be installed from ${platformPackage}.`,
  );
}

await main(async () => {
  const [wanted] = process.argv.slice(2);
  if (wanted === undefined) throw new Failure('Which Node? For example: 22, or latest.');
  const version = await exactVersion(wanted);
  const folder = join(root, '.cache', `node-${version}`);
  const binaries = join(folder, 'node_modules', platformPackage, 'bin');
  if (!existsSync(join(binaries, 'node'))) {
    await step(`Installing Node ${version}`, () => install(version, folder));
  }
  if (!existsSync(join(binaries, 'node'))) {
    throw new Failure(`${platformPackage}@${version} holds no bin/node.`);
  }
  process.stdout.write(`${binaries}\n`);
});
