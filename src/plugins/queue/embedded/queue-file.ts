// Opens queue.db: makes the folder, sets SQLite up for durable commits beside other processes, brings the schema up.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SkepError } from '../../../core/errors/skep-error.js';
import {
  IsSymbolicLink,
  makePrivateDatabase,
  makePrivateFolder,
} from '../../../core/private-files.js';
import { Connection } from './connection.js';
import { migrate, schemaVersion } from './schema.js';
import { brokerError } from './sqlite-errors.js';
import { untilFree } from './until-free.js';

const cacheKiB = 16_384;
const walLimitBytes = 64 * 1024 * 1024;

/** Path of the queue in a data folder. */
export const queueFile = (dataDir: string): string => join(dataDir, 'queue.db');

/**
 * Makes the data folder if it is missing.
 * @throws SkepError `SKEP_DATA_DIR_UNUSABLE`.
 */
function makeDataDir(dataDir: string): void {
  try {
    makePrivateFolder(dataDir);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SkepError('SKEP_DATA_DIR_UNUSABLE', `${dataDir} cannot be made: ${why}`, {
      cause: error,
    });
  }
}

/**
 * Opens a SQLite file of the data folder, creating it when it is missing. Only this user may read it.
 * @throws SkepError `SKEP_DATABASE_FILE` when what is there cannot be opened, `SKEP_DATA_DIR_UNUSABLE`.
 */
export function openFile(path: string): Connection {
  try {
    makePrivateDatabase(path);
    return new Connection(path);
  } catch (error) {
    if (error instanceof IsSymbolicLink) throw linkRefused(error);
    // The driver gives no code here, so what is on the disk has to tell.
    const code = existsSync(path) ? 'SKEP_DATABASE_FILE' : 'SKEP_DATA_DIR_UNUSABLE';
    throw new SkepError(code, `${path} cannot be opened`, { cause: error });
  }
}

function linkRefused(error: IsSymbolicLink): SkepError {
  return new SkepError('SKEP_DATA_DIR_UNUSABLE', error.message, {
    remedy: 'Put the file itself there; the data folder may be a link, its files may not.',
    cause: error,
  });
}

/**
 * Opens the queue of a data folder.
 * @throws SkepError `SKEP_DATA_DIR_UNUSABLE`, `SKEP_DATABASE_FILE`, `SKEP_SCHEMA_NEWER`.
 */
export async function openQueueFile(dataDir: string): Promise<Connection> {
  makeDataDir(dataDir);
  const connection = openFile(queueFile(dataDir));
  try {
    await untilFree(() => prepare(connection));
    return connection;
  } catch (error) {
    connection.close();
    throw brokerError(error, connection.path);
  }
}

function prepare(connection: Connection): void {
  // First, so that nothing is written into a file that is not ours.
  schemaVersion(connection);
  const mode = connection.pragma('journal_mode = WAL');
  if (mode !== 'wal') {
    throw new SkepError(
      'SKEP_DATA_DIR_UNUSABLE',
      `${connection.path} is on a file system without shared memory (journal mode ${mode})`,
      { remedy: 'Set SKEP_DATA_DIR to a folder on a local disk.' },
    );
  }
  // NORMAL: the log is written through by DiskSync, in time for every promise that says so.
  connection.exec(`
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -${cacheKiB};
    PRAGMA journal_size_limit = ${walLimitBytes};
  `);
  migrate(connection);
}
