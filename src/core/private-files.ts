// Folders and files that only the user of the runtime may read. They hold payloads, results and mails.
import {
  chmodSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** Mode of a folder that Skep creates: its user may do everything, nobody else anything. */
const folderMode = 0o700;
/** Mode of a file that Skep creates. */
const fileMode = 0o600;
/** What a mode grants to the group and to everybody. */
const othersMask = 0o077;

/** A file that Skep is to write is a symbolic link: whoever made the link decides which file would be changed. */
export class IsSymbolicLink extends Error {
  override readonly name = 'IsSymbolicLink';
  readonly code = 'ELOOP';
  constructor(readonly path: string) {
    super(`${path} is a symbolic link`);
  }
}

/** Whether group or others have any right to what has this mode. */
export const isOpenToOthers = ({ mode }: Pick<Stats, 'mode'>): boolean => (mode & othersMask) !== 0;

/**
 * Creates a folder and what is missing above it, each with mode 0700 whatever the umask is. An existing folder is left
 * as it is. (Node's recursive `mkdir` does not end where creating fails with ENOENT below an existing folder, as in `/proc`.)
 * @throws the system's error; EEXIST for a file of that name.
 */
export function makePrivateFolder(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) makePrivateFolder(parent);
  try {
    mkdirSync(path, { mode: folderMode });
  } catch (error) {
    // Another process may have created it just now.
    if (isFolder(path)) return;
    throw error;
  }
  chmodSync(path, folderMode);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Makes sure that a SQLite file exists, and that it and SQLite's files beside it can be read by their owner only.
 * SQLite creates `-wal`, `-shm` and `-journal` with the mode of the main file, so the main file has to exist before SQLite opens it.
 * Files that an older version created with wider modes are narrowed, where they belong to this user.
 * @throws IsSymbolicLink; the system's error.
 */
export function makePrivateDatabase(path: string): void {
  createWithoutOpening(path);
  for (const suffix of ['', '-wal', '-shm', '-journal']) narrow(`${path}${suffix}`);
}

/**
 * Replaces a file as a whole: a reader sees the old content or the new one. A symbolic link of that name is replaced, not
 * followed.
 * @throws the system's error.
 */
export function replacePrivateFile(path: string, content: string): void {
  const draft = draftOf(path);
  try {
    rmSync(draft, { force: true });
    writeNewFile(draft, content);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/**
 * Writes a file that must not exist.
 * @throws the system's error; EEXIST when there is anything of that name, a symbolic link included.
 */
export function writeNewFile(path: string, content: string): void {
  const file = openNew(path);
  try {
    writeFileSync(file, content);
  } finally {
    closeSync(file);
  }
}

const openNew = (path: string): number =>
  openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    fileMode,
  );

/**
 * Creates an empty file unless there is one. The file is created under another name and linked to its own: closing a
 * descriptor of a file drops all locks that this process holds on the file, those of SQLite in another thread included.
 */
function createWithoutOpening(path: string): void {
  const draft = draftOf(path);
  // A process that was killed may have left its draft; of two that create at one time, each takes the other's for one.
  rmSync(draft, { force: true });
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  try {
    closeSync(openNew(draft));
    linkSync(draft, path);
  } catch {
    createDirectly(path);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Where a file is before it has its name. */
const draftOf = (path: string): string => `${path}.new`;

/** On a file system without hard links. */
function createDirectly(path: string): void {
  try {
    closeSync(openNew(path));
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
}

function narrow(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isSymbolicLink()) throw new IsSymbolicLink(path);
  if (!found.isFile() || !isOpenToOthers(found)) return;
  try {
    chmodSync(path, found.mode & ~othersMask & 0o7777);
  } catch (error) {
    // Files of another user are left to that user; `skep doctor` names them.
    if (!isCode(error, 'EPERM') && !isCode(error, 'EROFS')) throw error;
  }
}

const isCode = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException).code === code;
