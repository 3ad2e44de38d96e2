// Runs Jest on this terminal and yields its counts.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countsFile } from './jest-counts.mjs';
import { kindVariable } from './kinds.mjs';
import { mustRun, share, tool } from './run.mjs';

/** @typedef {import('./kinds.mjs').Kind} Kind */

const reporter = fileURLToPath(new URL('./jest-counts.mjs', import.meta.url));

/** The sources are native ES modules, which Jest still calls an experiment. */
const nodeFlags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

const command = () => {
  const [node = '', program = ''] = tool('jest');
  return [node, ...nodeFlags, program];
};

/** @param {Kind | undefined} kind @returns {Record<string, string>} */
const kindOf = (kind) => ({ [kindVariable]: kind ?? '' });

/**
 * @param {Kind | undefined} kind every kind when absent
 * @param {readonly string[]} args arguments of Jest, such as a part of a path
 * @returns {Promise<string[]>} absolute paths of the suites that Jest would run
 */
export async function selectedSuites(kind, args) {
  const list = [...command(), '--listTests', '--json', ...args];
  const printed = await mustRun(list, 'Jest cannot list the suites.', { env: kindOf(kind) });
  return JSON.parse(printed);
}

/**
 * @param {Kind | undefined} kind every kind when absent
 * @param {readonly string[]} args arguments of Jest, such as a part of a path
 * @param {Record<string, string>} env
 * @returns {Promise<import('./jest-counts.mjs').Counts & { code: number }>} counts of zero when Jest
 *   did not get as far as running tests
 */
export async function jest(kind, args, env) {
  const folder = mkdtempSync(join(tmpdir(), 'skep-jest-'));
  const file = join(folder, 'counts.json');
  const reporters = ['--reporters=default', `--reporters=${reporter}`];
  try {
    // The reporters come last: that option takes every word after it.
    const code = await share([...command(), ...args, ...reporters], {
      env: { ...env, ...kindOf(kind), [countsFile]: file },
    });
    if (!existsSync(file)) return { code, passed: 0, failed: 0, skipped: [] };
    return { code, ...JSON.parse(readFileSync(file, 'utf8')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
