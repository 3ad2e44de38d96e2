// What reaches a real SMTP server, and over how many connections.
import { opens } from './cleanup.js';
import { ReceivingServer } from './receiving-server.js';
import { MailRuntime, report, word } from './runtime.js';
import { hangUp, ScriptedServer, silence } from './scripted-server.js';

const from = 'Skep <skep@example.com>';
const mail = { to: 'ann@example.com', subject: 'Hello', text: 'Good morning' };

/** A header of a message, unfolded; undefined when it is not there. */
function header(text: string, name: string): string | undefined {
  const head = text.slice(0, text.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  const line = head.split('\r\n').find((each) => each.startsWith(`${name}: `));
  return line?.slice(name.length + 2);
}

async function setUp(options: object = {}) {
  const server = await opens(ReceivingServer.start());
  const runtime = await opens(
    MailRuntime.start({ url: server.url, options: { from, ...options } }),
  );
  return { server, runtime };
}

describe('a mail', () => {
  it('arrives as it was written, from the sender of the options', async () => {
    const { server, runtime } = await setUp();
    const envelope = await runtime.dispatch(mail);
    const [settled] = await runtime.untilFinal(envelope);
    const [received, ...more] = server.mails;
    const text = received?.text ?? '';

    expect(more).toEqual([]);
    expect(received).toMatchObject({ from: 'skep@example.com', to: ['ann@example.com'] });
    expect(header(text, 'From')).toBe('Skep <skep@example.com>');
    expect(header(text, 'To')).toBe('ann@example.com');
    expect(header(text, 'Subject')).toBe('Hello');
    expect(header(text, 'Auto-Submitted')).toBe('auto-generated');
    expect(text).toContain('\r\n\r\nGood morning');
    const messageId = header(text, 'Message-ID');
    expect(messageId).toMatch(new RegExp(`^<${envelope.id}\\.[0-9a-f]{16}@example\\.com>$`));
    expect(report(settled).result).toEqual({
      messageId,
      accepted: ['ann@example.com'],
      rejected: [],
      response: expect.stringMatching(/^250 /),
    });
  });

  it('goes to everyone named, and says nothing of bcc', async () => {
    const { server, runtime } = await setUp();
    await runtime.send({
      ...mail,
      from: 'Reports <reports@example.org>',
      to: ['Ann <ann@example.com>', 'ben@example.com'],
      cc: { name: 'Cleo, Head of "HR"', address: 'cleo@example.com' },
      bcc: ['dan@example.com', 'ann@example.com'],
      replyTo: ['hr@example.com'],
    });
    const [received] = server.mails;
    expect(received).toMatchObject({
      from: 'reports@example.org',
      to: ['ann@example.com', 'ben@example.com', 'cleo@example.com', 'dan@example.com'],
    });
    const text = received?.text ?? '';
    expect(header(text, 'From')).toBe('Reports <reports@example.org>');
    expect(header(text, 'To')).toBe('Ann <ann@example.com>, ben@example.com');
    expect(header(text, 'Cc')).toBe('"Cleo, Head of \\"HR\\"" <cleo@example.com>');
    expect(header(text, 'Reply-To')).toBe('hr@example.com');
    expect(text).not.toContain('dan@example.com');
    expect(header(text, 'Message-ID')).toMatch(/@example\.org>$/);
  });

  it('cannot be turned elsewhere by a display name', async () => {
    const { server, runtime } = await setUp();
    await runtime.send({
      ...mail,
      to: { name: 'Ann" <boss@example.com>, "Bee', address: 'ann@example.com' },
    });
    expect(server.mails[0]?.to).toEqual(['ann@example.com']);
    expect(header(server.mails[0]?.text ?? '', 'To')).toBe(
      '"Ann\\" <boss@example.com>, \\"Bee" <ann@example.com>',
    );
  });

  it('has names and subjects in any script', async () => {
    const { server, runtime } = await setUp();
    await runtime.send({
      ...mail,
      to: 'آن <ann@example.com>',
      subject: 'تقرير الحضور',
      text: 'صباح الخير',
    });
    const [received] = server.mails;
    const encoded = Buffer.from('تقرير الحضور').toString('base64');
    expect(header(received?.text ?? '', 'Subject')?.replaceAll(/\?= =\?UTF-8\?B\?/g, '')).toBe(
      `=?UTF-8?B?${encoded}?=`,
    );
    expect(received?.text).toContain(Buffer.from('صباح الخير').toString('base64'));
  });

  it('names domains in punycode on the wire', async () => {
    const server = await opens(ScriptedServer.start(() => undefined));
    const runtime = await opens(MailRuntime.start({ url: server.url }));
    const [settled] = await runtime.send({
      ...mail,
      to: 'ann@شركة.السعودية',
      cc: 'ben@Bücher.example',
    });
    const addresses = ['ann@xn--ogbpi5d.xn--mgberp4a5d4ar', 'ben@xn--bcher-kva.example'];
    expect(server.lines.filter((line) => line.startsWith('RCPT'))).toEqual(
      addresses.map((address) => `RCPT TO:<${address}>`),
    );
    expect(report(settled).result).toMatchObject({ accepted: addresses });
  });

  it('carries text, HTML and attachments', async () => {
    const { server, runtime } = await setUp();
    const content = Buffer.from('code,minutes\r\n00042,480\r\n').toString('base64');
    await runtime.send({
      ...mail,
      html: '<p>Good <b>morning</b></p>',
      attachments: [
        { filename: 'حضور.csv', content, contentType: 'text/csv' },
        { filename: 'raw.bin', content: '/w==' },
      ],
    });
    const text = server.mails[0]?.text ?? '';
    expect(text).toContain('Content-Type: text/csv;');
    expect(text).toContain('Content-Type: multipart/mixed');
    expect(text).toContain('Content-Type: multipart/alternative');
    expect(text).toContain('<p>Good <b>morning</b></p>');
    expect(text).toContain("filename*0*=utf-8''%D8%AD%D8%B6%D9%88%D8%B1.csv");
    expect(text).toContain(content);
    expect(text).toContain('\r\n\r\n/w==\r\n');
  });
});

describe('connections', () => {
  it('are kept and used again', async () => {
    const { server, runtime } = await setUp();
    for (let count = 0; count < 5; count++) await runtime.send(mail);
    expect(server.mails).toHaveLength(5);
    expect(server.connections).toBe(1);
  });

  it('are no more than the options say', async () => {
    const { server, runtime } = await setUp({ connections: 2 });
    await Promise.all(Array.from({ length: 12 }, () => runtime.send(mail)));
    expect(server.mails).toHaveLength(12);
    expect(server.connections).toBe(2);
  });

  it('that went stale in the pool are replaced without spending an attempt', async () => {
    const server = await opens(
      ScriptedServer.start((step, { nth }) => (step === 'MAIL' && nth === 2 ? hangUp : undefined)),
    );
    const runtime = await opens(MailRuntime.start({ url: server.url }));
    expect((await runtime.send(mail)).map(word)).toEqual(['success']);
    expect((await runtime.send(mail)).map(word)).toEqual(['success']);
    expect(server.connections).toBe(2);
    expect(server.count('end of data')).toBe(2);
  });

  it('are closed with the plugin, also under a mail that hangs and one that waits for it', async () => {
    const server = await opens(
      ScriptedServer.start((step, { nth }) =>
        step === 'end of data' && nth === 2 ? silence : undefined,
      ),
    );
    const runtime = await opens(
      MailRuntime.start({ url: server.url, options: { from, connections: 1 } }),
    );
    await runtime.send(mail);
    const hanging = runtime.attempt(await runtime.dispatch(mail));
    const waiting = runtime.attempt(await runtime.dispatch(mail));
    await server.reached('end of data', 2);
    runtime.close();
    runtime.close();
    expect([word(await hanging), word(await waiting)]).toEqual(['retrying', 'retrying']);
    await server.allClosed();
    expect(word(await runtime.attempt(await runtime.dispatch(mail)))).toBe('retrying');
    expect(server.connections).toBe(1);
  });
});
