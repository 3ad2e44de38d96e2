// The kinds of tests, each a command of its own in package.json. A kind is a set of folders below test/.

/** @typedef {'main' | 'faults' | 'package'} Kind */

/** @type {Readonly<Record<Exclude<Kind, 'main'>, string>>} Everything outside of these folders is `main`. */
const folders = { faults: 'test/faults', package: 'test/package' };

/** @type {readonly Kind[]} */
export const kinds = ['main', 'faults', 'package'];

/** Names the variable that tells jest.config.mjs which kind to run; every kind when it is not set. */
export const kindVariable = 'SKEP_TEST_KIND';

/**
 * Where Jest looks for the suites of a kind.
 * @param {string | undefined} kind
 * @returns {{ roots: string[], testPathIgnorePatterns: string[] }}
 */
export function placesOf(kind) {
  const roots = (/** @type {string} */ folder) => [`<rootDir>/${folder}`];
  if (kind === 'faults' || kind === 'package') {
    return { roots: roots(folders[kind]), testPathIgnorePatterns: [] };
  }
  const others = kind === 'main' ? Object.values(folders) : [];
  return {
    roots: roots('test'),
    testPathIgnorePatterns: others.map((each) => `<rootDir>/${each}/`),
  };
}
