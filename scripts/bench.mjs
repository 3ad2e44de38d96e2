// npm run bench: sets up what is missing, starts a MariaDB and a Redis with a server's usual durability,
// and runs bench/*.bench.ts one after the other, or those named: `npm run bench -- attendance`.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure, main } from './lib/failure.mjs';
import { root } from './lib/root.mjs';
import { share } from './lib/run.mjs';
import { red, say } from './lib/say.mjs';
import { withServers } from './lib/servers.mjs';
import { setUp } from './lib/set-up.mjs';

const suffix = '.bench.ts';
const loader = pathToFileURL(join(root, 'scripts', 'lib', 'bench-register.mjs')).href;

/** @param {readonly string[]} wanted all when empty */
function select(wanted) {
  const names = readdirSync(join(root, 'bench'))
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .sort();
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length === 0) return wanted.length > 0 ? wanted : names;
  throw new Failure(`There is no benchmark ${unknown.join(', ')}; there are: ${names.join(', ')}.`);
}

/**
 * @param {readonly string[]} names
 * @param {Record<string, string>} env
 * @returns {Promise<string[]>} names of those that failed
 */
async function run(names, env) {
  const failed = [];
  for (const name of names) {
    say(`\n${name}`);
    const file = join(root, 'bench', `${name}${suffix}`);
    const code = await share([process.execPath, '--import', loader, file], { env });
    if (code !== 0) failed.push(name);
  }
  return failed;
}

await main(async () => {
  const names = select(process.argv.slice(2));
  await setUp();
  const failed = await withServers(new Set(['mariaDb', 'redis']), {}, (env) => run(names, env));
  if (failed.length > 0) say(red(`Failed: ${failed.join(', ')}`));
  if (failed.length > 0) process.exitCode = 1;
});
