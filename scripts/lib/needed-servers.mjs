// Finds out which servers the selected suites need, so that a single suite does not wait for the start of others.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { root } from './root.mjs';

/** The modules through which suites reach the shared servers; importing one is needing its server. */
const supports = {
  mariaDb: join(root, 'test/support/mariadb.ts'),
  redis: join(root, 'test/support/redis.ts'),
  postgres: join(root, 'test/support/postgres.ts'),
};

/** @typedef {keyof typeof supports} ServerName */

const imported = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)\.js'/g;

/**
 * Follows the relative imports of the suites within test/.
 * @param {readonly string[]} suites absolute paths
 * @returns {ReadonlySet<ServerName>}
 */
export function neededServers(suites) {
  const tests = join(root, 'test');
  /** @type {Set<string>} */
  const seen = new Set();
  const open = [...suites];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file) || !file.startsWith(tests) || !existsSync(file)) continue;
    seen.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(imported)) {
      open.push(resolve(dirname(file), `${path}.ts`));
    }
  }
  const names = /** @type {ServerName[]} */ (Object.keys(supports));
  return new Set(names.filter((name) => seen.has(supports[name])));
}
