// Packages that the build copies into dist/vendor/, so that installing Skep installs and runs nothing for them.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/**
 * Loads one; sources that run unbuilt find it in node_modules.
 * @param folder below dist/vendor/
 */
export function shippedPackage(name: string, folder: string): unknown {
  const built = fileURLToPath(new URL(`../vendor/${folder}`, import.meta.url));
  return require(existsSync(built) ? built : name);
}
