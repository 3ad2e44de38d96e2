// Plugin `mail`: the task `send_email`, over SMTP or into files.
import { join } from 'node:path';
import { SkepError } from '../../core/errors/skep-error.js';
import { definePlugin } from '../../core/host/plugin.js';
import { probe } from '../../core/host/probe.js';
import { FileOutbox } from './file-outbox.js';
import { type MailOptions, mailOptions } from './mail-options.js';
import { mailbox } from './mailbox.js';
import { Mailer } from './mailer.js';
import { SendEmail } from './send-email.js';
import { SmtpOutbox } from './smtp-outbox.js';
import { readSmtpUrl } from './smtp-url.js';

export { Email } from './email.js';
export { PermanentMailError, TemporaryMailError } from './mail-errors.js';
export { Mailer } from './mailer.js';
export { type MailReceipt, SendEmail } from './send-email.js';

/** Sender of mails that only become files: of the top-level domain that never exists (RFC 2606). */
const nobody = 'Skep <skep@skep.invalid>';

const senderMissing = () =>
  new SkepError('SKEP_CONFIG_INVALID', 'SMTP_URL is set, and the plugin mail has no sender', {
    place: 'plugin mail (options.from)',
    remedy: 'Give the plugin an option such as "from": "Skep <skep@example.com>".',
  });

export default definePlugin<MailOptions>({
  name: 'mail',
  version: '0.1.0',
  options: mailOptions,
  tasks: [SendEmail],
  contributes: [
    probe({
      name: 'mail',
      examine: async (services) => ({ found: await services.resolve(Mailer).examine() }),
    }),
  ],

  register({ container, options, environment, dataDir }) {
    const url = environment.SMTP_URL;
    if (url && options.from === undefined) throw senderMissing();
    const outbox = url
      ? new SmtpOutbox(readSmtpUrl(url), options)
      : new FileOutbox(join(dataDir, 'mail'));
    const sender = mailbox(options.from ?? nobody);
    container.registerInstance(Mailer, new Mailer(sender, outbox));
  },

  start({ container, logger }) {
    logger.info('mails are handed over', { to: container.resolve(Mailer).destination });
  },

  close({ container }) {
    container.resolve(Mailer).close();
  },
});
