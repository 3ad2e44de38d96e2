// The data folder: exists and can be written, or a clear error says why not.
import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SkepError } from '../errors/skep-error.js';
import { makePrivateFolder, writeNewFile } from '../private-files.js';

/**
 * Creates the data folder when it is missing, for this user alone (mode 0700), and proves that it can be written.
 * @throws SkepError `SKEP_DATA_DIR_UNUSABLE`.
 */
export function prepareDataDir(dataDir: string): void {
  try {
    makePrivateFolder(dataDir);
    proveWritable(dataDir);
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

/**
 * Proves that the data folder can be written, or that it could be created. Creates no folder.
 * @returns whether the folder exists.
 * @throws SkepError `SKEP_DATA_DIR_UNUSABLE`.
 */
export function examineDataDir(dataDir: string): boolean {
  try {
    if (existsSync(dataDir)) {
      assertFolder(dataDir, 'EEXIST');
      proveWritable(dataDir);
      return true;
    }
    proveCreatable(dataDir);
    return false;
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

/** Writes a file and removes it: permissions alone do not tell of a full disk. */
function proveWritable(folder: string): void {
  const probe = join(folder, `.probe-${randomUUID()}`);
  try {
    writeNewFile(probe, 'probe');
    rmSync(probe);
  } catch (error) {
    removeQuietly(probe);
    throw error;
  }
}

/** The nearest folder above that exists must allow a new folder. */
function proveCreatable(folder: string): void {
  const parent = dirname(folder);
  if (!existsSync(parent)) {
    proveCreatable(parent);
    return;
  }
  assertFolder(parent, 'ENOTDIR');
  accessSync(parent, constants.W_OK | constants.X_OK);
}

/** @param code what creating a folder there would fail with. */
function assertFolder(path: string, code: 'EEXIST' | 'ENOTDIR'): void {
  if (!statSync(path).isDirectory()) throw Object.assign(new Error(`${path} is a file`), { code });
}

function unusable(dataDir: string, error: unknown): SkepError {
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
  return new SkepError('SKEP_DATA_DIR_UNUSABLE', `the data folder ${dataDir} ${reason}`, {
    cause: error,
  });
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
