// Makes commits durable off the event loop: one write-through of SQLite's log serves all commits before it. With
// `synchronous = FULL` SQLite would do the same inside each COMMIT and hold up the whole process for it.
import { close, fdatasync, openSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import { SkepError } from '../../../core/errors/skep-error.js';

/** Writes a file through to the disk; takes its descriptor. */
export type WriteThrough = (file: number) => Promise<void>;

export class DiskSync {
  readonly #path: string;
  readonly #file: number;
  readonly #writeThrough: WriteThrough;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param database path of a database in WAL mode that has been read or written; its log exists as long as it is open. */
  constructor(database: string, writeThrough: WriteThrough = promisify(fdatasync)) {
    this.#writeThrough = writeThrough;
    // SQLite keeps the log beside the file that a link leads to.
    this.#path = `${realpathSync(database)}-wal`;
    // SQLite's locks are on its other files, so that opening and closing this one disturbs none of them.
    try {
      this.#file = openSync(this.#path, 'r+');
    } catch (error) {
      throw new SkepError('SKEP_DATA_DIR_UNUSABLE', `${this.#path} cannot be opened`, {
        cause: error,
      });
    }
  }

  /**
   * Resolves when everything that was committed before the call is on the disk.
   * @throws SkepError `SKEP_DATA_DIR_UNUSABLE`.
   */
  sync(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#run();
      return this.#running;
    }
    // The one that is running may have begun before the commit.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#running = this.#run();
        return this.#running;
      });
    return this.#next;
  }

  close(): void {
    // Nothing is lost if it fails: what had to be on the disk is.
    close(this.#file, () => {});
  }

  async #run(): Promise<void> {
    try {
      await this.#writeThrough(this.#file);
    } catch (error) {
      throw new SkepError('SKEP_DATA_DIR_UNUSABLE', `writing ${this.#path} to the disk failed`, {
        cause: error,
      });
    } finally {
      this.#running = undefined;
    }
  }
}
