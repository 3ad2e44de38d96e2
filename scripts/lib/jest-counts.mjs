// A reporter of Jest beside its usual one: leaves the counts of the whole run in a file for scripts/test.mjs.
import { writeFileSync } from 'node:fs';

/** Names the file to write. */
export const countsFile = 'SKEP_JEST_COUNTS';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed a suite that cannot be loaded counts as one
 * @property {string[]} skipped names of the suites that did not find the server they need
 */

/**
 * @typedef {object} Results what Jest hands over, as far as it is read here
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numRuntimeErrorTestSuites
 * @property {{ testResults: { status: string, ancestorTitles: string[] }[] }[]} testResults
 */

/** How test/support names a suite that it skips; tests left out with `-t` are nobody's concern. */
const missesItsServer = /\(needs [^)]+\)$/;

export default class JestCounts {
  /**
   * @param {unknown} _contexts
   * @param {Results} results
   */
  onRunComplete(_contexts, results) {
    const suites = results.testResults
      .flatMap((file) => file.testResults)
      .filter((test) => test.status === 'pending')
      .map((test) => test.ancestorTitles[0] ?? '');
    /** @type {Counts} */
    const counts = {
      passed: results.numPassedTests,
      failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
      skipped: [...new Set(suites)].filter((name) => missesItsServer.test(name)),
    };
    writeFileSync(process.env[countsFile] ?? '', JSON.stringify(counts));
  }
}
