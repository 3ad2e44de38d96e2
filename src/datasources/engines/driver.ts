// Loads the drivers that Skep does not bring along.
import { createRequire } from 'node:module';
import { SkepError } from '../../core/errors/skep-error.js';

const require = createRequire(import.meta.url);

/**
 * Loads a package that the user has installed beside Skep.
 * @throws SkepError `SKEP_DRIVER_MISSING` that names the package.
 */
export function loadDriver(source: string, engine: string, packageName: string): unknown {
  try {
    return require(packageName);
  } catch (cause) {
    const message = `${source}: the driver of ${engine} is the package "${packageName}", which is not installed`;
    const remedy = `Run: npm install ${packageName}`;
    throw new SkepError('SKEP_DRIVER_MISSING', message, { cause, remedy });
  }
}
