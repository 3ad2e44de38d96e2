// A reporter of Jest beside its usual one: leaves the counts of the whole run in a file for scripts/test.mjs, names the
// slowest suites, and fails a Jest that cannot end because a test left something open.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

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
 * @property {SuiteResult[]} testResults
 */

/**
 * @typedef {object} SuiteResult
 * @property {string} testFilePath
 * @property {{ start: number, end: number }} perfStats milliseconds since 1970
 * @property {{ status: string, ancestorTitles: string[] }[]} testResults
 */

/** How test/support names a suite that it skips; tests left out with `-t` are nobody's concern. */
const missesItsServer = /\(needs [^)]+\)$/;

/** A busy machine may take its time; what a test left open takes for ever. */
const endsWithinMs = 60_000;

/** How many of the slowest suites are named at the end of a run. */
const slowestCount = 10;

export default class JestCounts {
  #watches;

  /** @param {{ watch: boolean, watchAll: boolean }} globalConfig */
  constructor({ watch, watchAll }) {
    this.#watches = watch || watchAll;
  }

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
    if (results.testResults.length > 1) process.stderr.write(slowest(results.testResults));
    if (!this.#watches) setTimeout(failToEnd, endsWithinMs).unref();
  }
}

/** @param {readonly SuiteResult[]} suites */
function slowest(suites) {
  const lines = suites
    .map(({ testFilePath, perfStats: { start, end } }) => ({ testFilePath, ms: end - start }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, slowestCount)
    .map(({ testFilePath, ms }) => {
      const seconds = (ms / 1000).toFixed(1).padStart(7);
      return `${seconds} s  ${relative(process.cwd(), testFilePath)}`;
    });
  return `\nSlowest suites:\n${lines.join('\n')}\n`;
}

/** Only what is still open keeps the process alive long enough to come here. */
function failToEnd() {
  process.stderr.write(
    `Jest did not end: a test left open ${process.getActiveResourcesInfo().join(', ')}.\n`,
  );
  process.exit(1);
}
