// What a data source is: its name, its place in disposal, and where its URL comes from.
import { SkepError } from '../core/errors/skep-error.js';
import type { TokenHolder } from '../core/tasks/inject.js';

/** `application`: Skep's own database, disposed last. `external`: somebody else's. */
type DataSourceRole = 'application' | 'external';

export interface DataSourceDeclaration {
  /** Lower-case letters, digits and hyphens; names the source in plugins.json, logs and errors. */
  readonly name: string;
  /** The variable of the environment that holds its URL. */
  readonly env: string;
  readonly role: DataSourceRole;
  /** Refuses every statement that writes; external sources are read only unless this says false. */
  readonly readOnly?: boolean;
  /** The SQLite file under the data folder that stands in while `env` is not set. */
  readonly embeddedFile: string;
  /** What a person does when that file is missing and this source may not create it. */
  readonly whenMissing?: string;
}

/** A data source as tasks name it: `@inject(Maria)`. */
export interface DataSourceDefinition extends TokenHolder {
  readonly name: string;
  readonly env: string;
  readonly role: DataSourceRole;
  readonly readOnly: boolean;
  readonly embeddedFile: string;
  readonly whenMissing: string;
}

const checks = {
  name: /^[a-z][a-z0-9-]*$/,
  env: /^[A-Z][A-Z0-9_]*$/,
  embeddedFile: /^[\w.-]+$/,
} as const;

/**
 * Declares a data source. Contribute it with `dataSource(definition)` to make it known.
 * @throws SkepError `SKEP_PLUGIN_INVALID` when a name cannot be used.
 */
export function defineDataSource(declaration: DataSourceDeclaration): DataSourceDefinition {
  for (const [key, pattern] of Object.entries(checks) as [keyof typeof checks, RegExp][]) {
    if (!pattern.test(declaration[key])) {
      const what = `data source "${declaration.name}": ${key} "${declaration[key]}"`;
      throw new SkepError('SKEP_PLUGIN_INVALID', `${what} does not match ${pattern.source}`);
    }
  }
  return Object.freeze({
    name: declaration.name,
    env: declaration.env,
    role: declaration.role,
    readOnly: declaration.readOnly ?? declaration.role === 'external',
    embeddedFile: declaration.embeddedFile,
    whenMissing: declaration.whenMissing ?? `Set ${declaration.env} to the URL of the database.`,
    injectionToken: Symbol.for(`skep.datasource.${declaration.name}`),
  });
}
