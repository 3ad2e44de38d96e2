// What SQLite's result codes mean for Skep: busy, a mistake of one statement, or a file or folder that cannot be used.
import { SkepError } from '../../../core/errors/skep-error.js';
import { sqliteCodeOf, sqliteCodes } from '../../../core/sqlite-errors.js';

/** Another process is writing; worth trying again in a moment. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return code === sqliteCodes.BUSY || code === sqliteCodes.LOCKED;
}

/** True when the error concerns the one statement and leaves the transaction around it usable. */
export function isOwnMistake(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return (
    code === undefined ||
    code === sqliteCodes.CONSTRAINT ||
    code === sqliteCodes.MISMATCH ||
    code === sqliteCodes.TOOBIG
  );
}

/** The error as callers of the broker see it. Errors of Skep pass through. */
export function brokerError(error: unknown, path: string): unknown {
  if (error instanceof SkepError) return error;
  const code = sqliteCodeOf(error);
  if (code === undefined) return error;
  switch (code) {
    case sqliteCodes.CORRUPT:
    case sqliteCodes.NOTADB:
      return new SkepError('SKEP_DATABASE_FILE', `${path} is damaged or is not a database`, {
        cause: error,
      });
    case sqliteCodes.BUSY:
    case sqliteCodes.LOCKED:
      return new SkepError('SKEP_DATA_DIR_UNUSABLE', `${path} stays locked by another process`, {
        cause: error,
        remedy: 'Find the process that holds the file open in a transaction and end it.',
      });
    case sqliteCodes.FULL:
      return unusable(path, 'the disk is full', error);
    case sqliteCodes.READONLY:
    case sqliteCodes.PERM:
      return unusable(path, 'it may not be written to', error);
    case sqliteCodes.IOERR:
    case sqliteCodes.CANTOPEN:
      return unusable(path, 'reading or writing failed', error);
    default:
      return new SkepError('SKEP_INTERNAL', `${path}: SQLite reported code ${code}`, {
        cause: error,
      });
  }
}

function unusable(path: string, why: string, cause: unknown): SkepError {
  return new SkepError('SKEP_DATA_DIR_UNUSABLE', `${path} cannot be used: ${why}`, { cause });
}
