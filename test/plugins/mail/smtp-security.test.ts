// TLS, login, and where a password may show: nowhere.
import { inspect } from 'node:util';
import type { SMTPServerOptions } from 'smtp-server';
import { SkepError } from '../../../src/core/errors/skep-error.js';
import { readSmtpUrl } from '../../../src/plugins/mail/smtp-url.js';
import { certificate, privateKey } from './certificate.js';
import { opens } from './cleanup.js';
import { ReceivingServer } from './receiving-server.js';
import { MailRuntime, report, word } from './runtime.js';
import { ScriptedServer } from './scripted-server.js';

const from = 'Skep <skep@example.com>';
const mail = { to: 'ann@example.com', subject: 'Hello', text: 'Good morning' };
const password = 'hunter2/very:secret@';
const credentials = `ann:${encodeURIComponent(password)}`;
const tls = { key: privateKey, cert: certificate };

const withLogin: SMTPServerOptions = {
  ...tls,
  authOptional: false,
  onAuth: ({ username, password: given }, _session, done) =>
    username === 'ann' && given === password
      ? done(null, { user: username })
      : done(Object.assign(new Error('bad credentials'), { responseCode: 535 })),
};

async function sendTo(
  serverOptions: SMTPServerOptions,
  url: (port: number) => string,
  options: object,
) {
  const server = await opens(ReceivingServer.start(serverOptions));
  const runtime = await opens(
    MailRuntime.start({ url: url(server.port), options: { from, ...options } }),
  );
  const settlement = await runtime.attempt(await runtime.dispatch(mail));
  return { server, runtime, settlement };
}

const plain = (port: number) => `smtp://127.0.0.1:${port}`;
const overTls = (port: number) => `smtps://127.0.0.1:${port}`;
const login = (port: number) => `smtp://${credentials}@127.0.0.1:${port}`;

it('port 0 in SMTP_URL is refused', () => {
  expect(() => readSmtpUrl('smtp://mail.example.com:0')).toThrow(
    expect.objectContaining({
      code: 'SKEP_CONFIG_INVALID',
      message: expect.stringContaining('port 0'),
    }),
  );
});

describe('a certificate', () => {
  it.each([
    ['STARTTLS', {}, plain],
    ['smtps', { secure: true }, overTls],
  ])('that is trusted by the options is taken, with %s', async (_name, server, url) => {
    const sent = await sendTo({ ...tls, ...server }, url, { tls: { ca: certificate } });
    expect(word(sent.settlement)).toBe('success');
    expect(sent.server.mails[0]?.secure).toBe(true);
  });

  it.each([
    ['STARTTLS', {}, plain],
    ['smtps', { secure: true }, overTls],
  ])('that nobody vouches for is refused, with %s', async (_name, server, url) => {
    const sent = await sendTo({ ...tls, ...server }, url, {});
    // Trying again is right: a certificate that ran out is mended while mails wait.
    expect(word(sent.settlement)).toBe('retrying');
    expect(report(sent.settlement).error?.message).toMatch(/self-signed certificate/);
    expect(sent.server.mails).toEqual([]);
  });

  it('that cannot be read is refused at boot', async () => {
    for (const broken of [{ ca: '/no/such/file.pem' }, { cert: '-----BEGIN CERTIFICATE-----' }]) {
      const start = MailRuntime.start({ url: plain(25), options: { from, tls: broken } });
      await expect(start).rejects.toMatchObject({ code: 'SKEP_CONFIG_INVALID' });
    }
  });

  it('is not asked for when the options say so', async () => {
    const sent = await sendTo(tls, plain, { tls: { rejectUnauthorized: false } });
    expect(sent.server.mails[0]?.secure).toBe(true);
  });

  it('plays no part with starttls "never"', async () => {
    const sent = await sendTo(tls, plain, { starttls: 'never' });
    expect(sent.server.mails[0]?.secure).toBe(false);
  });
});

describe('a password', () => {
  it('logs in over TLS', async () => {
    const sent = await sendTo(withLogin, login, { tls: { ca: certificate } });
    expect(word(sent.settlement)).toBe('success');
  });

  it('that is wrong fails at once', async () => {
    const sent = await sendTo(withLogin, (port) => login(port).replace('ann:', 'ben:'), {
      tls: { ca: certificate },
    });
    expect(word(sent.settlement)).toBe('failed');
    expect(report(sent.settlement).error?.message).toContain('535');
  });

  it('is never sent in clear text, unless the options say so', async () => {
    const answer = (step: string) =>
      ({ EHLO: '250-scripted\r\n250 AUTH PLAIN', AUTH: '235 welcome' })[step];
    const server = await opens(ScriptedServer.start(answer));
    const url = server.url.replace('smtp://', `smtp://${credentials}@`);

    const strict = await opens(MailRuntime.start({ url }));
    expect(word(await strict.attempt(await strict.dispatch(mail)))).toBe('failed');
    expect(server.count('AUTH')).toBe(0);

    const loose = await opens(MailRuntime.start({ url, options: { from, starttls: 'offered' } }));
    expect(word(await loose.attempt(await loose.dispatch(mail)))).toBe('success');
    expect(server.count('AUTH')).toBe(1);
  });

  it('shows in no log line, result or error', async () => {
    const encoded = encodeURIComponent(password);
    const base64 = Buffer.from(password).toString('base64');
    const base64Login = Buffer.from(`\0ann\0${password}`).toString('base64');
    const secrets = [password, encoded, base64, base64Login];
    const outcomes = [
      await sendTo(withLogin, login, { tls: { ca: certificate } }),
      await sendTo(withLogin, login, {}),
      await sendTo({}, login, {}),
      await sendTo(withLogin, (port) => login(port).replace('ann:', 'ben:'), {
        tls: { ca: certificate },
      }),
    ];
    expect(outcomes.map(({ settlement }) => word(settlement))).toEqual([
      'success',
      'retrying',
      'failed',
      'failed',
    ]);
    for (const { runtime, settlement } of outcomes) {
      const shown = inspect([runtime.lines, settlement], { depth: 12, showHidden: true });
      expect(runtime.lines.map(({ message }) => message)).toContain('mails are handed over');
      expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    }
  });
});

describe('SMTP_URL', () => {
  it('needs a sender, which files do not', async () => {
    const refused = MailRuntime.start({ url: plain(25), options: {} });
    await expect(refused).rejects.toMatchObject({
      code: 'SKEP_CONFIG_INVALID',
      place: 'plugin mail (options.from)',
    });
    const runtime = await opens(MailRuntime.start({ options: {} }));
    const settlement = await runtime.attempt(await runtime.dispatch(mail));
    expect(report(settlement).result).toMatchObject({
      messageId: expect.stringMatching(/@skep\.invalid>$/),
    });
  });

  it('names the server', () => {
    expect(readSmtpUrl('smtp://mail.example.com')).toEqual({
      host: 'mail.example.com',
      port: 587,
      secure: false,
      auth: undefined,
    });
    expect(readSmtpUrl('smtps://mail.example.com').port).toBe(465);
    expect(readSmtpUrl('smtp://[::1]:2525')).toMatchObject({ host: '::1', port: 2525 });
    expect(readSmtpUrl(`smtps://${credentials}@mail.example.com:4650/`)).toEqual({
      host: 'mail.example.com',
      port: 4650,
      secure: true,
      auth: { user: 'ann', pass: password },
    });
  });

  it.each([
    'mail.example.com:587',
    'http://ann:hunter2@mail.example.com',
    'smtp://',
    'smtp://ann:hunter2@mail.example.com:port',
    'smtp://ann:hunter2@mail.example.com/path',
    'smtp://ann:hunter2@mail.example.com?tls.rejectUnauthorized=false',
    'smtp://hunter2@mail.example.com',
    'smtp://:hunter2@mail.example.com',
    'smtp://ann:%hunter2@mail.example.com',
  ])('is refused at boot without being repeated: %s', async (url) => {
    const refused: unknown = await MailRuntime.start({ url }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SkepError);
    const { code, message, place, stack } = refused as SkepError;
    expect({ code, place }).toEqual({
      code: 'SKEP_CONFIG_INVALID',
      place: 'environment (SMTP_URL)',
    });
    expect(message).toMatch(/^SMTP_URL /);
    expect(`${message}${stack}`).not.toContain('hunter2');
  });
});
