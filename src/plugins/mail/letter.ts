// From a payload to the message that nodemailer sends. Pure: the same payload gives the same identity.
import { createHash } from 'node:crypto';
import type { SendMailOptions } from 'nodemailer';
import type { Email } from './email.js';
import { type Mailbox, mailbox, mailboxes } from './mailbox.js';

/** A mail ready to be handed over. */
export interface Letter {
  /** The same in every attempt; fit for a file name. */
  readonly id: string;
  /** The Message-ID with its angle brackets. */
  readonly messageId: string;
  readonly message: SendMailOptions;
}

/**
 * The identity of a mail. The digest tells mails apart that are sent within one execution, by a task that
 * calls `send_email` more than once.
 */
function mailId(executionId: string, email: Email): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([executionId, email]))
    .digest('hex');
  return `${executionId.replace(/[^\w-]/g, '_')}.${digest.slice(0, 16)}`;
}

/** Composes the message. `sender` is used when the payload names none. */
export function letter(email: Email, executionId: string, sender: Mailbox): Letter {
  const from = email.from === undefined ? sender : mailbox(email.from);
  const id = email.remaining?.mailId ?? mailId(executionId, email);
  const messageId = `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`;
  const { remaining } = email;
  return {
    id,
    messageId,
    message: {
      messageId,
      from: { ...from },
      to: addresses(email.to),
      cc: addresses(email.cc),
      bcc: addresses(email.bcc),
      replyTo: addresses(email.replyTo),
      subject: email.subject,
      text: email.text,
      html: email.html,
      attachments: email.attachments?.map(({ filename, content, contentType }) => ({
        filename,
        content: Buffer.from(content, 'base64'),
        contentType,
      })),
      ...(remaining ? { envelope: { from: from.address, to: remaining.recipients } } : {}),
      // RFC 3834: an absent colleague's auto-reply must not answer a machine.
      headers: { 'Auto-Submitted': 'auto-generated' },
      // Nothing in a payload makes the worker read a file or a URL.
      disableFileAccess: true,
      disableUrlAccess: true,
    },
  };
}

// nodemailer normalizes address objects in place, so it gets copies.
const addresses = (field: Parameters<typeof mailboxes>[0]) =>
  mailboxes(field).map((each) => ({ ...each }));
