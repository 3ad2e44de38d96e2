// npm test: sets up what is missing, runs the checks, starts the servers of the integration tests, then
// Jest with the arguments given (`npm test -- scope` runs the suites whose path has "scope" in it).
// Every check runs whatever the others found. The last line on stdout is `N passed, N failed`: the tests,
// and among the failed also each check that failed, so that "0 failed" is said of a clean tree only.
import { checks } from './lib/checks.mjs';
import { main, tell } from './lib/failure.mjs';
import { jest } from './lib/jest.mjs';
import { mustRun } from './lib/run.mjs';
import { elapsed, green, red, say, step, yellow } from './lib/say.mjs';
import { withServers } from './lib/servers.mjs';
import { setUp } from './lib/set-up.mjs';

/** @returns {Promise<string[]>} titles of the checks that failed */
async function runChecks() {
  const failed = [];
  for (const { title, command } of checks()) {
    try {
      await step(title, () => mustRun(command, `${title}: see above.`));
    } catch (error) {
      tell(error);
      failed.push(title);
    }
  }
  return failed;
}

/** @param {readonly string[]} args */
const runTests = (args) =>
  withServers(['--innodb-flush-log-at-trx-commit=2'], (env) => jest(args, env));

await main(async () => {
  const startedAt = performance.now();
  await setUp();
  const wrong = await runChecks();
  const { code, passed, failed, skipped } = await runTests(process.argv.slice(2));
  if (code !== 0) wrong.push('Tests');
  for (const suite of skipped) say(yellow(`SKIPPED: ${suite}`));

  const left = skipped.length > 0 ? `, suites SKIPPED: ${skipped.length} (named above)` : '';
  const verdict = wrong.length > 0 ? red(`Failed: ${wrong.join(', ')}`) : green('All is well');
  say(`${verdict}${yellow(left)}, after ${elapsed(startedAt)}.`);
  const failedChecks = wrong.length - (failed > 0 ? 1 : 0);
  process.stdout.write(`${passed} passed, ${failed + failedChecks} failed\n`);
  if (wrong.length > 0) process.exitCode = 1;
});
