// The options of the plugin in plugins.json.
import { z } from 'zod';
import { durationSchema } from '../../core/tasks/option-schemas.js';
import { mailboxSchema } from './mailbox.js';

const pem = z.string().min(1).optional().describe('PEM text, or its file');

export const mailOptions = z.strictObject({
  from: mailboxSchema
    .optional()
    .describe('Sender of mails whose payload names none; needed once SMTP_URL is set'),
  connections: z.int().min(1).max(50).default(4).describe('Connections to the mail server'),
  starttls: z
    .enum(['required', 'offered', 'never'])
    .optional()
    .describe(
      'For smtp:// URLs. Default: "required" when the URL has a password, else "offered": used where the server has it',
    ),
  tls: z
    .strictObject({
      ca: pem,
      cert: pem,
      key: pem,
      rejectUnauthorized: z.boolean().default(true),
      servername: z.string().optional(),
      minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).optional(),
    })
    .prefault({})
    .describe('For tls.connect, with smtps:// and STARTTLS'),
  timeouts: z
    .strictObject({
      connect: durationSchema
        .default('10s')
        .describe('For looking up the server, connecting, TLS and its greeting, together'),
      silence: durationSchema.default('2m').describe('Without a byte from the server'),
    })
    .prefault({}),
});

/** The options of the plugin, completed. */
export type MailOptions = z.output<typeof mailOptions>;
