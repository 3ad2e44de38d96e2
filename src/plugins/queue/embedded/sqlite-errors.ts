// What SQLite's result codes mean for Skep: busy, a mistake of one statement, or a file or folder that cannot be used.
import { SkepError } from '../../../core/errors/skep-error.js';

const primary = {
  perm: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  notADatabase: 26,
} as const;

/** SQLite's primary result code, or undefined when the error does not come from SQLite. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('rawCode' in error)) return undefined;
  const { rawCode } = error;
  return typeof rawCode === 'number' ? rawCode & 0xff : undefined;
}

/** Another process is writing; worth trying again in a moment. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === primary.busy || code === primary.locked;
}

/** True when the error concerns the one statement and leaves the transaction around it usable. */
export function isOwnMistake(error: unknown): boolean {
  const code = resultCode(error);
  return (
    code === undefined ||
    code === primary.constraint ||
    code === primary.mismatch ||
    code === primary.tooBig
  );
}

/** The error as callers of the broker see it. Errors of Skep pass through. */
export function brokerError(error: unknown, path: string): unknown {
  if (error instanceof SkepError) return error;
  const code = resultCode(error);
  if (code === undefined) return error;
  switch (code) {
    case primary.corrupt:
    case primary.notADatabase:
      return new SkepError('SKEP_DATABASE_FILE', `${path} is damaged or is not a database`, {
        cause: error,
      });
    case primary.busy:
    case primary.locked:
      return new SkepError('SKEP_DATA_DIR_UNUSABLE', `${path} stays locked by another process`, {
        cause: error,
        remedy: 'Find the process that holds the file open in a transaction and end it.',
      });
    case primary.full:
      return unusable(path, 'the disk is full', error);
    case primary.readOnly:
    case primary.perm:
      return unusable(path, 'it may not be written to', error);
    case primary.ioError:
    case primary.cannotOpen:
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
