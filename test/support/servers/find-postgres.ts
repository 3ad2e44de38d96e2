// Finds the programs of PostgreSQL on this machine.
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isProgram } from './is-program.js';

export interface PostgresPrograms {
  readonly server: string;
  readonly initialise: string;
}

const debianFolder = '/usr/lib/postgresql';

/** Debian keeps the programs of each major version in a folder of its own, outside of the PATH; the newest comes first. */
function debianFolders(): string[] {
  try {
    return readdirSync(debianFolder)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(debianFolder, version, 'bin'));
  } catch {
    return [];
  }
}

/** Server and `initdb` of one version, or undefined when no PostgreSQL server is installed. */
export function findPostgres(): PostgresPrograms | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), ...debianFolders()]
    .map((folder) => ({ server: join(folder, 'postgres'), initialise: join(folder, 'initdb') }))
    .find(({ server, initialise }) => isProgram(server) && isProgram(initialise));
}
