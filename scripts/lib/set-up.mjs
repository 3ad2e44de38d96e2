// Everything a fresh clone needs before it can run: done when it is missing, skipped when it is not.
import { build, buildIsFresh } from './build.mjs';
import { dependenciesAreInstalled, installDependencies } from './dependencies.mjs';
import { requireNode } from './node-version.mjs';
import { dim, say, step } from './say.mjs';

/** @throws {import('./failure.mjs').Failure} when Node is too old, or a step fails */
export async function setUp() {
  requireNode();
  const installed = dependenciesAreInstalled();
  if (!installed) await step('Installing dependencies from package-lock.json', installDependencies);
  const fresh = installed && buildIsFresh();
  if (!fresh) await step('Building src into dist', build);
  if (fresh) say(dim('Dependencies and build are up to date.'));
}
