// The task `send_email`.
import { Dispatcher } from '../../core/dispatch/dispatcher.js';
import { SoftTimeLimitExceeded } from '../../core/run/interruptions.js';
import type { RunContext } from '../../core/run/run-context.js';
import { Retry, Task, TimeLimit, Tracked } from '../../core/tasks/decorators.js';
import { inject } from '../../core/tasks/inject.js';
import { Email } from './email.js';
import { PermanentMailError, type Refusal, TemporaryMailError } from './mail-errors.js';
import { Mailer, type Sent } from './mailer.js';

/** What became of a mail. */
export interface MailReceipt {
  readonly messageId: string;
  /** Addresses for which the mail was taken over. */
  readonly accepted: readonly string[];
  /** Addresses for which it was not, with the server's words. */
  readonly rejected: readonly Refusal[];
  /** The server's reply to the message. */
  readonly response?: string;
  /** Where the mail was written when no mail server is configured. */
  readonly file?: string;
  /** The execution that tries again for those who were refused for the time being. */
  readonly followUp?: string;
}

const firstRetry = '1m';

/**
 * Sends one mail. Retried when the server cannot be reached, stalls, or replies 4xx for all recipients;
 * never when it replies 5xx. Once the server has taken the mail for one recipient it is not sent to that
 * one again: those who were refused for the time being get an execution of their own.
 */
@Task({ code: 'send_email', payload: Email, description: 'Sends one mail' })
@Retry({
  maxRetries: 8,
  on: [TemporaryMailError, SoftTimeLimitExceeded],
  delay: firstRetry,
  backoff: 'exponential',
  maxDelay: '1h',
  jitter: 'equal',
})
@TimeLimit({ soft: '5m', hard: '6m' })
@Tracked()
export class SendEmail {
  constructor(
    @inject(Mailer) private readonly mailer: Mailer,
    @inject(Dispatcher) private readonly dispatcher: Dispatcher,
  ) {}

  async run(email: Email, context: RunContext): Promise<MailReceipt> {
    const sent = await this.mailer.send(email, context.executionId, context.signal);
    const followUp = await this.#sendRest(email, sent);
    const { messageId, accepted, refused: rejected, response, file } = sent;
    context.logger.info('mail handed over', {
      messageId,
      accepted: accepted.length,
      rejected: rejected.length,
    });
    if (rejected.length > 0) {
      context.logger.warn('the mail server refused some of the recipients', {
        messageId,
        replies: [...new Set(rejected.map(({ reply }) => reply))],
        ...followUp,
      });
    }
    return {
      messageId,
      accepted,
      rejected,
      ...(response === undefined ? {} : { response }),
      ...(file === undefined ? {} : { file }),
      ...followUp,
    };
  }

  /** Dispatches the mail again, with the same Message-ID, for those who were refused for the time being. */
  async #sendRest(email: Email, sent: Sent): Promise<{ followUp?: string }> {
    const { mailId, refused, accepted } = sent;
    const recipients = refused.filter(({ temporary }) => temporary).map(({ address }) => address);
    if (recipients.length === 0) return {};
    const rest = { ...email, remaining: { mailId, recipients } };
    try {
      const { id } = await this.dispatcher.dispatch(SendEmail, rest, { delay: firstRetry });
      return { followUp: id };
    } catch (error) {
      // Not retried: that would send the mail again to those who have it.
      throw new PermanentMailError(
        `the mail was taken for ${accepted.join(', ')}, but trying again for ${recipients.join(', ')} could not be queued`,
        { cause: error },
      );
    }
  }
}
