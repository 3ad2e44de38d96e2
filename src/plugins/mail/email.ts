// The payload of `send_email`: what may be said of a mail, checked at dispatch.
import { z } from 'zod';
import {
  controlCharacter,
  hasControlCharacter,
  mailboxes,
  mailboxesSchema,
  mailboxSchema,
} from './mailbox.js';

/** RFC 5321, 4.5.3.1.8: every server takes this many recipients; with more, some are refused by some servers. */
const mostRecipients = 100;

const oneLine = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .refine((text) => !controlCharacter.test(text), { error: hasControlCharacter });

const attachment = z.strictObject({
  filename: oneLine(255).refine((name) => !/[/\\]/.test(name), { error: 'is a path, not a name' }),
  content: z.base64({ error: 'expected base64' }),
  contentType: z
    .string()
    .regex(/^[\w.+-]+\/[\w.+-]+$/, { error: 'expected a media type such as "text/csv"' })
    .optional(),
});

/** What is left to do of a mail that was refused for some of its recipients for the time being. */
const remaining = z.strictObject({
  mailId: z.string().regex(/^[\w-]+\.[0-9a-f]{16}$/, { error: 'expected the id of a mail' }),
  recipients: z.array(z.string()).min(1),
});

/**
 * The payload of `send_email`. Addresses are written `ann@example.com`, `Ann <ann@example.com>` or
 * `{ name, address }`, one or a list. There are no free headers, so none can be injected.
 */
export const Email = z
  .strictObject({
    /** The sender; the option `from` of the plugin when absent. */
    from: mailboxSchema.optional(),
    to: mailboxesSchema,
    cc: mailboxesSchema.optional(),
    bcc: mailboxesSchema.optional(),
    replyTo: mailboxesSchema.optional(),
    subject: oneLine(998),
    text: z.string().optional(),
    html: z.string().optional(),
    /** Small files; together with the rest they must stay below the size limit of payloads. */
    attachments: z.array(attachment).max(20).optional(),
    /** Written by `send_email` itself when it dispatches the rest of a mail; leave it out. */
    remaining: remaining.optional(),
  })
  .superRefine((email, context) => {
    // Addresses that are in order are needed below; the others have been reported.
    if (context.issues.length > 0) return;
    const issue = (message: string, path: string) =>
      context.addIssue({ code: 'custom', message, path: [path] });
    const recipients = recipientsOf(email);
    if (email.text === undefined && email.html === undefined)
      issue('give text, html or both', 'text');
    if (recipients.length > mostRecipients) {
      issue(`with cc and bcc more than ${mostRecipients} recipients; dispatch several mails`, 'to');
    }
    if (email.remaining?.recipients.some((each) => !recipients.includes(each))) {
      issue('names someone who is not a recipient of the mail', 'remaining');
    }
  });
export type Email = z.output<typeof Email>;

/** The addresses of all recipients, each once. */
function recipientsOf(email: Pick<Email, 'to' | 'cc' | 'bcc'>): string[] {
  const all = [email.to, email.cc, email.bcc].flatMap((field) => mailboxes(field));
  return [...new Set(all.map(({ address }) => address))];
}
