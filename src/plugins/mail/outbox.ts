// The port between composing a mail and getting rid of it: an SMTP server, or files.
import type { Letter } from './letter.js';
import type { Refusal } from './mail-errors.js';

export interface Handover {
  readonly accepted: readonly string[];
  /** Recipients that were refused while others were accepted. */
  readonly refused: readonly Refusal[];
  /** The server's reply to the message. */
  readonly response?: string;
  /** Where the mail was written. */
  readonly file?: string;
}

export interface Outbox {
  /** Where mails go, for a log line; no password in it. */
  readonly destination: string;
  /**
   * Hands a mail over to at least one recipient.
   * @throws TemporaryMailError, PermanentMailError, or the signal's reason when it aborts.
   */
  deliver(letter: Letter, signal: AbortSignal): Promise<Handover>;
  /**
   * Looks whether mails could be handed over now; sends none. Returns what it found, in one line.
   * @throws SkepError `SKEP_CONNECT_FAILED`, `SKEP_ACCESS_DENIED`, `SKEP_DATA_DIR_UNUSABLE`.
   */
  examine(): Promise<string>;
  /** Gives connections back. Safe to call twice. */
  close(): void;
}
