// The mailer: the service that composes mails and hands them over. Injectable: `@inject(Mailer)`.
import type { Email } from './email.js';
import { letter } from './letter.js';
import type { Mailbox } from './mailbox.js';
import type { Handover, Outbox } from './outbox.js';

export interface Sent extends Handover {
  /** The same in every attempt of an execution, so that receivers can tell a repeated mail. */
  readonly messageId: string;
  readonly mailId: string;
}

export class Mailer {
  readonly #sender: Mailbox;
  readonly #outbox: Outbox;

  constructor(sender: Mailbox, outbox: Outbox) {
    this.#sender = sender;
    this.#outbox = outbox;
  }

  /** Where mails go: a server without its password, or a folder. */
  get destination(): string {
    return this.#outbox.destination;
  }

  /**
   * Sends a mail whose payload was checked, in the name of an execution.
   * @throws TemporaryMailError, PermanentMailError, or the signal's reason when it aborts.
   */
  async send(email: Email, executionId: string, signal: AbortSignal): Promise<Sent> {
    const { id, messageId, ...rest } = letter(email, executionId, this.#sender);
    const handover = await this.#outbox.deliver({ id, messageId, ...rest }, signal);
    return { messageId, mailId: id, ...handover };
  }

  /** Looks whether mails could be handed over now; see {@link Outbox.examine}. */
  examine(): Promise<string> {
    return this.#outbox.examine();
  }

  /** Closes the connections. Safe to call twice. */
  close(): void {
    this.#outbox.close();
  }
}
