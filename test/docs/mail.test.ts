// The examples of docs/guide/mail.md, run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReceivingServer } from '../plugins/mail/receiving-server.js';
import { ExampleSite } from './example-site.js';
import { root } from './markdown.js';

const start = (variables?: Record<string, string>) =>
  ExampleSite.start('mail/plugins.json', variables);

describe('with an SMTP server', () => {
  let server: ReceivingServer;
  let site: ExampleSite;
  beforeAll(async () => {
    server = await ReceivingServer.start();
    site = await start({ SMTP_URL: server.url });
  });
  afterAll(async () => {
    await site[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('a mail as JSON arrives', async () => {
    const payload = JSON.parse(readFileSync(join(root, 'docs/examples/mail/mail.json'), 'utf8'));
    const execution = await site.run('send_email', payload);
    expect(execution).toMatchObject({
      state: 'success',
      result: { accepted: ['ann@example.com', 'ben@example.com', 'hr@example.com'], rejected: [] },
    });
    expect(server.mails.at(-1)?.from).toBe('attendance@example.com');
  });

  test('a mail that a task dispatches arrives', async () => {
    const report = await site.run('late_report', { to: 'ann@example.com', day: '2026-03-01' });
    expect(report.state).toBe('success');
    const { mail } = report.result as { mail: string };
    expect(await site.parts.broker.waitForFinal(mail)).toMatchObject({
      state: 'success',
      triggeredBy: 'task late_report',
    });
    expect(server.mails.at(-1)?.text).toContain('Subject: Late arrivals on 2026-03-01\r\n');
  });
});

test('without SMTP_URL it becomes a file', async () => {
  await using site = await start();
  const report = await site.run('late_report', { to: 'ann@example.com', day: '2026-03-01' });
  const { mail } = report.result as { mail: string };
  const { result } = await site.parts.broker.waitForFinal(mail);
  const { file } = result as { file: string };
  expect(file.startsWith(join(site.folder.path, 'mail', mail))).toBe(true);
  expect(readFileSync(file, 'utf8')).toContain('Subject: Late arrivals on 2026-03-01');
});

test('a mail that is wrong is refused at dispatch', async () => {
  await using site = await start();
  const mail = { to: 'ann@example.com\r\nBcc: ben@example.com', subject: 'Hello', text: 'Hi' };
  await expect(site.run('send_email', mail)).rejects.toMatchObject({
    code: 'SKEP_PAYLOAD_INVALID',
    message: expect.stringContaining('to: has a line break or another control character'),
  });
  expect(await site.parts.broker.list({ limit: 10 })).toEqual([]);
});
