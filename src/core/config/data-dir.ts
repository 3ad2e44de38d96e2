// The data folder: exists and can be written, or a clear error says why not.
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SkepError } from '../errors/skep-error.js';

/**
 * Creates the data folder when it is missing and proves that it can be written.
 * @throws SkepError `SKEP_DATA_DIR_UNUSABLE`.
 */
export function prepareDataDir(dataDir: string): void {
  const probe = join(dataDir, `.probe-${randomUUID()}`);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o750 });
    writeFileSync(probe, 'probe');
    rmSync(probe);
  } catch (error) {
    removeQuietly(probe);
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
    throw new SkepError('SKEP_DATA_DIR_UNUSABLE', `the data folder ${dataDir} ${reason}`, {
      cause: error,
    });
  }
}

/** On a full disk the probe may have been begun; where there is no folder there is nothing to remove. */
function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The first error is the one that says why.
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'may not be written by this user',
  EPERM: 'may not be written by this user',
  EROFS: 'is on a read-only file system',
  ENOSPC: 'is on a full disk',
  EEXIST: 'is a file, not a folder',
  ENOTDIR: 'lies under a file, not a folder',
};
