// Installs the dependencies that the lock file names, only when what is installed differs from it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Failure } from './failure.mjs';
import { root } from './root.mjs';
import { mustRun, npm } from './run.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} Locked */

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/**
 * Compares package-lock.json with the record npm keeps of what it installed. That record is written
 * last, so an interrupted installation has none. Packages for other platforms may be absent.
 */
export function dependenciesAreInstalled() {
  /** @type {Record<string, Locked>} */
  const locked = readJson('package-lock.json').packages;
  /** @type {Record<string, Locked>} */
  let installed;
  try {
    installed = readJson('node_modules/.package-lock.json').packages;
  } catch {
    return false;
  }
  return Object.entries(locked).every(([path, want]) => {
    if (path === '') return true;
    const have = installed[path];
    if (have === undefined) return want.optional === true;
    return have.version === want.version && have.integrity === want.integrity;
  });
}

/** Names a section in which package.json asks for something else than the lock file was made for. */
function staleSectionOfLock() {
  const wanted = readJson('package.json');
  const locked = readJson('package-lock.json').packages[''];
  return ['dependencies', 'devDependencies', 'optionalDependencies'].find(
    (section) => !isDeepStrictEqual(wanted[section], locked[section]),
  );
}

/**
 * Installs exactly what the lock file names, or fails. Not `npm ci`: that refuses a lock file without the
 * packages of every other platform, and removes first what is there already. The lock file is left
 * as it is; packages for building come along also where the environment says production; no install
 * script runs, as every dependency carries its binaries.
 */
export async function installDependencies() {
  const stale = staleSectionOfLock();
  if (stale !== undefined) {
    throw new Failure(
      `package-lock.json does not fit "${stale}" in package.json. Run npm install and commit both.`,
    );
  }
  const scope = ['--no-save', '--include=dev', '--ignore-scripts'];
  // An npm that runs this, as `npm pack --dry-run` does, hands its own options down.
  scope.push('--no-dry-run', '--no-global');
  await mustRun(
    [...npm(), 'install', ...scope, '--no-audit', '--no-fund', '--loglevel=error'],
    'The dependencies could not be installed (npm install). Check the network and the npm settings, then try again.',
  );
  if (!dependenciesAreInstalled()) {
    throw new Failure(
      'npm installed other versions than package-lock.json names. Remove node_modules and try again.',
    );
  }
}
