// Starting other programs: either their output is kept and shown only when they fail, or they share
// the terminal.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, Interrupted } from './failure.mjs';
import { root } from './root.mjs';

/** @typedef {{ code: number, stdout: string, output: string }} Ended `output` is stdout and stderr as they came */

/**
 * Runs a program and keeps what it prints.
 * @param {readonly string[]} command program and arguments
 * @param {{ env?: Record<string, string> }} [options] `env` is added to this process's environment
 * @returns {Promise<Ended>}
 */
export function capture([program = '', ...args], { env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
    });
    child.on('error', (error) => reject(new Failure(`${program}: ${error.message}`)));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, output }));
  });
}

/**
 * Runs a program that must succeed.
 * @param {readonly string[]} command
 * @param {string} message the failure when it does not
 * @param {{ env?: Record<string, string> }} [options]
 * @returns {Promise<string>} what it printed on stdout
 */
export async function mustRun(command, message, options) {
  const { code, stdout, output } = await capture(command, options);
  if (code !== 0) throw new Failure(message, output);
  return stdout;
}

/**
 * Runs a program on this terminal. SIGINT and SIGTERM are passed on to it.
 *
 * @param {readonly string[]} command
 * @param {{ env?: Record<string, string> }} [options]
 * @returns {Promise<number>} its exit code
 * @throws {Interrupted} after the program has ended on a signal that this process received
 */
export function share([program = '', ...args], { env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    });
    /** @type {NodeJS.Signals | undefined} */
    let received;
    const passOn = (/** @type {NodeJS.Signals} */ signal) => {
      received = signal;
      child.kill(signal);
    };
    const stopPassing = () => {
      process.off('SIGINT', passOn);
      process.off('SIGTERM', passOn);
    };
    process.on('SIGINT', passOn);
    process.on('SIGTERM', passOn);
    child.on('error', (error) => {
      stopPassing();
      reject(new Failure(`${program}: ${error.message}`));
    });
    child.on('close', (code) => {
      stopPassing();
      if (received) reject(new Interrupted(received));
      else resolve(code ?? 1);
    });
  });
}

/**
 * The command line of a tool among the dependencies, run by this very Node.
 * @param {string} packageName
 * @param {string} [binary] which of its binaries; the one named like the package when absent
 * @returns {string[]}
 */
export function tool(packageName, binary = packageName) {
  const folder = join(root, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return [process.execPath, join(folder, typeof bin === 'string' ? bin : bin[binary])];
}

/** The npm that started this script, or the one on the PATH. */
export function npm() {
  const cli = process.env.npm_execpath ?? '';
  return cli.endsWith('npm-cli.js') ? [process.execPath, cli] : ['npm'];
}
