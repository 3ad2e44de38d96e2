// Installs Debian packages for the tests, where this process may: as root on a system with apt.
import { accessSync, constants } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { capture } from './run.mjs';
import { say } from './say.mjs';

const attempts = 6;
const pauseMs = 10_000;
const environment = { DEBIAN_FRONTEND: 'noninteractive' };

/** What keeps this process from installing packages; undefined when nothing does. */
export function whyNotApt() {
  try {
    accessSync('/usr/bin/apt-get', constants.X_OK);
  } catch {
    return 'this system has no apt-get';
  }
  return process.getuid?.() === 0 ? undefined : 'this user is not root';
}

/**
 * apt-get, tried again while another process holds its locks (a fresh machine updates itself).
 * @param {readonly string[]} args
 */
async function aptGet(...args) {
  for (let attempt = 1; ; attempt += 1) {
    const ended = await capture(['/usr/bin/apt-get', ...args], { env: environment });
    const locked = ended.code !== 0 && /could not get lock|unable to lock/i.test(ended.output);
    if (!locked || attempt === attempts) return ended;
    say(`Another process holds the lock of apt; trying again in ${pauseMs / 1000} s.`);
    await pause(pauseMs);
  }
}

/**
 * Installs packages without what they merely recommend.
 * @param {readonly string[]} packages
 * @returns {Promise<string | undefined>} why it failed; undefined when it did not
 */
export async function aptInstall(packages) {
  // A failed update is no failure yet: one broken source does not keep the others from serving.
  const update = await aptGet('update', '-q');
  const install = await aptGet('install', '-q', '-y', '--no-install-recommends', ...packages);
  if (install.code === 0) return undefined;
  return `${update.code === 0 ? '' : update.output}${install.output}`.trim();
}
