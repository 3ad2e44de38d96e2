// Tells whether files changed by what is in them, not by their times: a branch switched there and
// back again costs nothing.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} folder @param {string} path @returns {string[]} the files at or below `path` */
function filesAt(folder, path) {
  const here = join(folder, path);
  if (!statSync(here).isDirectory()) return [path];
  return readdirSync(here, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const below = join(path, entry.name);
      return entry.isDirectory() ? filesAt(folder, below) : [below];
    });
}

/**
 * One hash over the names and contents of files.
 * @param {string} folder
 * @param {readonly string[]} paths files and folders in it
 */
export function fingerprint(folder, paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesAt(folder, path))) {
    const content = readFileSync(join(folder, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
