// Finds the programs of MariaDB on this machine.
import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { isProgram } from './is-program.js';

export interface MariaDbPrograms {
  readonly server: string;
  readonly initialise: string;
}

// Debian keeps servers out of the PATH of ordinary users.
const folders = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];

function find(...names: readonly string[]): string | undefined {
  return names.flatMap((name) => folders().map((folder) => join(folder, name))).find(isProgram);
}

/** Undefined when there is none; MySQL, which has programs of the same old names, is none. */
export function findMariaDb(): MariaDbPrograms | undefined {
  const server = find('mariadbd', 'mysqld');
  const initialise = find('mariadb-install-db', 'mysql_install_db');
  if (server === undefined || initialise === undefined) return undefined;
  const version = execFileSync(server, ['--version'], { encoding: 'utf8' });
  return version.includes('MariaDB') ? { server, initialise } : undefined;
}
