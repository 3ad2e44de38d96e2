// Copies into dist/vendor/ the packages that Skep ships instead of depending on them: one brings a hundred packages that
// nothing here uses, the other runs a script when it is installed. They stay packages of the lock file, as development
// dependencies: their version and integrity are in it, and they are upgraded there.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from './failure.mjs';
import { root } from './root.mjs';

/**
 * @typedef {object} Shipped
 * @property {string} name of the package
 * @property {string} folder below dist/vendor/
 * @property {readonly string[]} files what is copied, beside its package.json and licence
 * @property {Readonly<Record<string, Readonly<Record<string, string>>>>} [requires] per file, what takes the place of
 * what it requires: paths are relative to the file
 */

/** @type {readonly Shipped[]} */
export const shipped = [
  {
    name: 'bee-queue',
    folder: 'bee-queue',
    files: ['index.js', 'lib'],
    requires: {
      'lib/redis.js': { redis: '../stand-ins/redis.cjs' },
      'lib/helpers.js': { 'promise-callbacks': '../stand-ins/promise-callbacks.cjs' },
      'lib/queue.js': { 'p-finally': '../stand-ins/p-finally.cjs' },
    },
  },
  {
    name: '@photostructure/sqlite',
    folder: 'sqlite',
    files: ['dist/index.cjs', 'prebuilds'],
    requires: { 'dist/index.cjs': { 'node-gyp-build': '../../node-gyp-build/index.js' } },
  },
  { name: 'node-gyp-build', folder: 'node-gyp-build', files: ['index.js', 'node-gyp-build.js'] },
];

const vendor = join(root, 'dist', 'vendor');

export function shipPackages() {
  for (const each of shipped) ship(each);
  const standIns = join(vendor, 'bee-queue', 'stand-ins');
  cpSync(join(root, 'scripts', 'stand-ins'), standIns, { recursive: true });
}

/** @param {Shipped} package_ */
function ship({ name, folder, files, requires = {} }) {
  const from = join(root, 'node_modules', name);
  const to = join(vendor, folder);
  mkdirSync(to, { recursive: true });
  for (const file of [...files, 'LICENSE']) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(from, file), join(to, file), { recursive: true });
  }
  const { version, license, repository, main } = JSON.parse(
    readFileSync(join(from, 'package.json'), 'utf8'),
  );
  // Without its scripts and dependencies: nobody installs it.
  const manifest = { name, version, license, repository, main };
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const [file, replaced] of Object.entries(requires)) replace(join(to, file), replaced);
}

/**
 * @param {string} file
 * @param {Readonly<Record<string, string>>} replaced
 */
function replace(file, replaced) {
  let text = readFileSync(file, 'utf8');
  for (const [name, path] of Object.entries(replaced)) {
    const before = new RegExp(`require\\((['"])${name}\\1\\)`, 'g');
    if (!before.test(text)) throw new Failure(`${file} no longer requires ${name}.`);
    text = text.replace(before, `require('${path}')`);
  }
  writeFileSync(file, text);
}
