// Sets up what is missing, runs the checks, starts the servers that the selected suites use, then Jest.
//
//   npm test                 the checks and the suites of the kind `main`
//   npm run test:faults      the suites in which processes, servers and connections fail
//   npm run test:package     the package as its users get it
//   npm run test:all         the checks and all suites
//   npm test -- scope        only the suites, of any kind, whose path has "scope" in it; other arguments go to Jest
//
// Every check and every kind runs whatever the others found. The last line on stdout is `N passed, N failed`: the tests,
// and among the failed also each check that failed, so that "0 failed" stands for a clean tree only.
import { checks } from './lib/checks.mjs';
import { Failure, main, tell } from './lib/failure.mjs';
import { jest, selectedSuites } from './lib/jest.mjs';
import { kinds } from './lib/kinds.mjs';
import { neededServers } from './lib/needed-servers.mjs';
import { mustRun } from './lib/run.mjs';
import { dim, elapsed, green, red, say, yellow } from './lib/say.mjs';
import { withServers } from './lib/servers.mjs';
import { setUp } from './lib/set-up.mjs';

/** @typedef {import('./lib/kinds.mjs').Kind} Kind */
/** @typedef {import('./lib/jest-counts.mjs').Counts} Counts */

/**
 * The checks do not depend on each other, so they share the cores.
 * @returns {Promise<string[]>} titles of the checks that failed
 */
async function runChecks() {
  /** @type {string[]} */
  const failed = [];
  const run = async (/** @type {ReturnType<typeof checks>[number]} */ { title, command }) => {
    const startedAt = performance.now();
    try {
      await mustRun(command, `${title}: see above.`);
      say(`${title} ${dim(elapsed(startedAt))}`);
    } catch (error) {
      tell(error);
      failed.push(title);
    }
  };
  await Promise.all(checks().map(run));
  return failed;
}

/**
 * The default of the shared MariaDB: with it a backslash is no escape and `"` quotes names. Skep takes both from its sessions,
 * so that every suite shows that it does; the private servers of the faults have MariaDB's own default.
 */
const hostileSqlMode =
  'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,ANSI_QUOTES,NO_BACKSLASH_ESCAPES';

/**
 * @param {Kind | undefined} kind every kind when absent
 * @param {readonly string[]} args of Jest
 */
async function runTests(kind, args) {
  const startedAt = performance.now();
  const suites = await selectedSuites(kind, args);
  if (suites.length === 0) throw new Failure(`No suite fits ${args.join(' ')}.`);
  const options = {
    mariaDb: ['--innodb-flush-log-at-trx-commit=2', `--sql-mode=${hostileSqlMode}`],
  };
  const counts = await withServers(neededServers(suites), options, (env) => jest(kind, args, env));
  say(dim(`${suites.length} suites${kind ? ` of ${kind}` : ''} in ${elapsed(startedAt)}.`));
  return counts;
}

/**
 * @param {readonly string[]} args of this script
 * @returns {{ wanted: readonly (Kind | undefined)[], checked: boolean, args: string[] }}
 */
function plan([first = '', ...rest]) {
  const [option, name] = first.split('=');
  if (option !== '--kind') {
    const args = first === '' ? rest : [first, ...rest];
    return args.length === 0
      ? { wanted: ['main'], checked: true, args }
      : { wanted: [undefined], checked: false, args };
  }
  if (name === 'all') return { wanted: kinds, checked: rest.length === 0, args: rest };
  const kind = kinds.find((each) => each === name);
  if (kind === undefined) throw new Failure(`--kind is one of: ${[...kinds, 'all'].join(', ')}.`);
  return { wanted: [kind], checked: kind === 'main' && rest.length === 0, args: rest };
}

await main(async () => {
  const startedAt = performance.now();
  const { wanted, checked, args } = plan(process.argv.slice(2));
  await setUp();
  const wrong = checked ? await runChecks() : [];
  const sum = { passed: 0, failed: wrong.length };
  /** @type {string[]} */
  const skipped = [];
  for (const kind of wanted) {
    const { code, ...counts } = await runTests(kind, args);
    sum.passed += counts.passed;
    // Jest that ends badly without a failed test, as when a suite keeps it from ending, is a failure all the same.
    sum.failed += code === 0 ? 0 : Math.max(1, counts.failed);
    skipped.push(...counts.skipped);
    if (code !== 0) wrong.push(`Tests${wanted.length > 1 ? ` of ${kind}` : ''}`);
  }
  const byName = args.some((each) => each === '-t' || each.startsWith('--testNamePattern'));
  if (byName && sum.passed + sum.failed + skipped.length === 0) {
    throw new Failure(`No test of these suites fits ${args.join(' ')}.`);
  }
  for (const suite of skipped) say(yellow(`SKIPPED: ${suite}`));

  const left = skipped.length > 0 ? `, suites SKIPPED: ${skipped.length} (named above)` : '';
  const verdict = wrong.length > 0 ? red(`Failed: ${wrong.join(', ')}`) : green('All is well');
  say(`${verdict}${yellow(left)}, after ${elapsed(startedAt)}.`);
  process.stdout.write(`${sum.passed} passed, ${sum.failed} failed\n`);
  if (wrong.length > 0) process.exitCode = 1;
});
