// Mails as .eml files, where no mail server is configured. A file is there whole or not at all.
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SkepError } from '../../core/errors/skep-error.js';
import { makePrivateFolder } from '../../core/private-files.js';
import type { Letter } from './letter.js';
import type { Handover, Outbox } from './outbox.js';

/** Imported with the first mail: commands that send none do not pay for it. */
async function composer() {
  const { createTransport } = await import('nodemailer');
  return createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
}

/**
 * Writes each mail to `<id>.eml`. Ids begin with the execution id, and ids made later sort later, so names
 * sort by time; another attempt has the same id and replaces its file.
 */
export class FileOutbox implements Outbox {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get destination(): string {
    return this.#folder;
  }

  async deliver(letter: Letter, signal: AbortSignal): Promise<Handover> {
    signal.throwIfAborted();
    const { message, envelope } = await (await composer()).sendMail(letter.message);
    const file = join(this.#folder, `${letter.id}.eml`);
    try {
      await this.#write(file, message as Buffer, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new SkepError('SKEP_DATA_DIR_UNUSABLE', `${file} cannot be written`, { cause: error });
    }
    return { accepted: envelope.to, refused: [], file };
  }

  async examine(): Promise<string> {
    return `no SMTP_URL; mails become files under ${this.#folder}`;
  }

  close(): void {
    // Nothing is kept open between mails.
  }

  async #write(file: string, content: Buffer, signal: AbortSignal): Promise<void> {
    // Mails are personal: only the user of the runtime reads them.
    makePrivateFolder(this.#folder);
    const draft = join(this.#folder, `.${randomUUID()}.tmp`);
    try {
      const handle = await open(draft, 'wx', 0o600);
      try {
        await handle.writeFile(content, { signal });
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, file);
    } finally {
      await rm(draft, { force: true });
    }
  }
}
