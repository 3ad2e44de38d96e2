// The owner lock: one process consumes a data folder. The operating system holds the lock, so it is gone at the very
// moment its owner dies; owner.json says to a person who that is.
import { readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { SkepError } from '../../../core/errors/skep-error.js';
import { replacePrivateFile } from '../../../core/private-files.js';
import type { Seams } from '../../../core/seams.js';
import type { Connection } from './connection.js';
import { openFile } from './queue-file.js';
import { brokerError, isBusy } from './sqlite-errors.js';
import { untilFree } from './until-free.js';

/** Two that come at the same moment may each find the other in the way; one wins when they ask again. */
const contestMs = 50;

const ownerSchema = z.object({ pid: z.number(), host: z.string(), since: z.string() });
type Owner = z.infer<typeof ownerSchema>;

/** Holds the lock until it is released or the process ends. */
export class OwnerLock {
  readonly #connection: Connection;
  readonly #ownerFile: string;

  private constructor(connection: Connection, ownerFile: string) {
    this.#connection = connection;
    this.#ownerFile = ownerFile;
  }

  /**
   * Makes this process the owner of a data folder.
   * @throws SkepError `SKEP_DATA_DIR_IN_USE` naming the owner, `SKEP_DATA_DIR_UNUSABLE`.
   */
  static async acquire(dataDir: string, seams: Pick<Seams, 'now'>): Promise<OwnerLock> {
    const ownerFile = join(dataDir, 'owner.json');
    // SQLite's locks work alike on all systems, and between brokers of one process too. The file stays empty.
    const connection = openFile(join(dataDir, 'owner.lock'));
    try {
      await untilFree(() => {
        connection.pragma('journal_mode = MEMORY');
        connection.exec('BEGIN EXCLUSIVE');
      }, contestMs);
      writeOwner(ownerFile, seams.now());
    } catch (error) {
      release(connection);
      throw isBusy(error) ? inUse(dataDir, readOwner(ownerFile)) : unusable(error, connection.path);
    }
    return new OwnerLock(connection, ownerFile);
  }

  release(): void {
    rmSync(this.#ownerFile, { force: true });
    release(this.#connection);
  }
}

/** Explicit, since closing alone leaves the lock to the garbage collector. */
function release(connection: Connection): void {
  if (connection.inTransaction) connection.exec('ROLLBACK');
  connection.close();
}

function writeOwner(file: string, now: number): void {
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    since: new Date(now).toISOString(),
  };
  // Renamed into place, so that a reader never sees half of it.
  replacePrivateFile(file, `${JSON.stringify(owner)}\n`);
}

function readOwner(file: string): Owner | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // The owner is between taking the lock and writing, or someone removed the file. It is for information only.
    return undefined;
  }
}

function inUse(dataDir: string, owner: Owner | undefined): SkepError {
  const who =
    owner === undefined
      ? 'another process'
      : `process ${owner.pid} on ${owner.host} since ${owner.since}`;
  return new SkepError('SKEP_DATA_DIR_IN_USE', `${dataDir} is in use by ${who}`, {
    ...(owner === undefined ? {} : { details: { ...owner } }),
  });
}

function unusable(error: unknown, path: string): unknown {
  const known = brokerError(error, path);
  if (known instanceof SkepError) return known;
  const why = error instanceof Error ? error.message : String(error);
  return new SkepError('SKEP_DATA_DIR_UNUSABLE', `${path} cannot be written: ${why}`, {
    cause: error,
  });
}
