// What is retried and what is not, decided by the @Retry policy of SendEmail in the real runner.
import type { Settlement } from '../../../src/core/ports/broker.js';
import { letter } from '../../../src/plugins/mail/letter.js';
import { mailOptions } from '../../../src/plugins/mail/mail-options.js';
import { SmtpOutbox } from '../../../src/plugins/mail/smtp-outbox.js';
import { readSmtpUrl } from '../../../src/plugins/mail/smtp-url.js';
import { opens } from './cleanup.js';
import { ReceivingServer, reply } from './receiving-server.js';
import { MailRuntime, report, word } from './runtime.js';
import { type Answer, hangUp, type Script, ScriptedServer, silence } from './scripted-server.js';

const mail = { to: 'ann@example.com', subject: 'Hello', text: 'Good morning' };
const words = (settlements: readonly Settlement[]) => settlements.map(word);

const from = 'Skep <skep@example.com>';

async function against(script: Script, options: object = {}) {
  const server = await opens(ScriptedServer.start(script));
  const runtime = await opens(
    MailRuntime.start({ url: server.url, options: { from, ...options } }),
  );
  return { server, runtime };
}

/** Gives an answer the first time a step is reached, and a friendly one from then on. */
const once =
  (where: string, answer: Answer): Script =>
  (step, { nth }) =>
    step === where && nth === 1 ? answer : undefined;

describe('a 4xx reply is retried', () => {
  it.each([
    ['connect', '421 too busy'],
    ['MAIL', '451 try again'],
    ['RCPT', '450 4.2.0 greylisted'],
    ['DATA', '451 not now'],
    ['end of data', '452 out of space'],
    ['end of data', '421 closing'],
  ])('to %s: %s', async (step, text) => {
    const { server, runtime } = await against(once(step, text));
    const settlements = await runtime.send(mail);
    expect(words(settlements)).toEqual(['retrying', 'success']);
    expect(report(settlements[0]).error).toMatchObject({
      code: 'TemporaryMailError',
      message: expect.stringContaining(text),
    });
    expect(server.count('end of data')).toBe(step === 'end of data' ? 2 : 1);
  });

  it('as often as the policy says, later and later, and then fails', async () => {
    const { server, runtime } = await against((step) =>
      step === 'RCPT' ? '450 later' : undefined,
    );
    const settlements = await runtime.send(mail);
    expect(words(settlements)).toEqual([...Array(8).fill('retrying'), 'failed']);
    expect(server.count('RCPT')).toBe(9);
    expect(server.count('DATA')).toBe(0);
    const minutes = [1, 2, 4, 8, 16, 32, 60, 60];
    settlements.slice(0, -1).forEach((settlement, retry) => {
      if (settlement.kind !== 'retry') throw new Error('not a retry');
      const waitMs = settlement.availableAt - settlement.report.finishedAt;
      const mostMs = (minutes[retry] ?? 0) * 60_000;
      expect(waitMs).toBeLessThanOrEqual(mostMs);
      expect(waitMs).toBeGreaterThanOrEqual(mostMs / 2);
    });
  });
});

describe('a 5xx reply is never retried', () => {
  it.each([
    ['connect', '554 go away'],
    ['MAIL', '550 sender unknown'],
    ['MAIL', '503 bad sequence'],
    ['RCPT', '550 5.1.1 no such user'],
    ['DATA', '554 no valid recipients'],
    ['end of data', '550 looks like spam'],
  ])('to %s: %s', async (step, text) => {
    const { server, runtime } = await against(once(step, text));
    const settlements = await runtime.send(mail);
    expect(words(settlements)).toEqual(['failed']);
    expect(report(settlements[0]).error).toMatchObject({
      code: 'PermanentMailError',
      message: expect.stringContaining(text),
    });
    expect(server.count(step)).toBe(1);
    expect(server.connections).toBe(1);
  });
});

describe('a connection error is retried', () => {
  it.each(['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'data', 'end of data'])(
    'cut at %s',
    async (where) => {
      let down = true;
      const { runtime } = await against((step) => (down && step === where ? hangUp : undefined));
      const envelope = await runtime.dispatch(mail);
      const first = await runtime.attempt(envelope);
      expect(word(first)).toBe('retrying');
      expect(report(first).error?.code).toBe('TemporaryMailError');
      down = false;
      if (first.kind !== 'retry') throw new Error('not a retry');
      expect(words(await runtime.untilFinal(first.envelope))).toEqual(['success']);
    },
  );

  it('nobody listens', async () => {
    const server = await ScriptedServer.start(() => undefined);
    const { url } = server;
    await server[Symbol.asyncDispose]();
    const runtime = await opens(MailRuntime.start({ url }));
    const first = await runtime.attempt(await runtime.dispatch(mail));
    expect(word(first)).toBe('retrying');
    expect(report(first).error?.message).toMatch(
      /^no connection to the mail server: .*ECONNREFUSED/,
    );
  });

  it.each<[string, Answer]>([
    ['cut', ['220 go ahead', hangUp]],
    ['not begun', 'ERR no TLS today'],
  ])('TLS is %s', async (_what, answer) => {
    const answers: Record<string, Answer> = {
      EHLO: '250-scripted\r\n250 STARTTLS',
      STARTTLS: answer,
    };
    const { runtime } = await against((step) => answers[step]);
    expect(word(await runtime.attempt(await runtime.dispatch(mail)))).toBe('retrying');
  });

  it.each([
    ['connect', { connect: '150ms' }],
    ['EHLO', { silence: '150ms' }],
    ['MAIL', { silence: '150ms' }],
    ['end of data', { silence: '150ms' }],
  ])('a server that falls silent at %s is given up in time', async (where, timeouts) => {
    const { server, runtime } = await against(once(where, silence), { timeouts });
    const settlements = await runtime.send(mail);
    // As often as this process was held up for so long, it gave up a server that had spoken.
    const givenUp = settlements.slice(0, -1);
    expect(word(settlements.at(-1) as Settlement)).toBe('success');
    expect(new Set(words(givenUp))).toEqual(new Set(['retrying']));
    for (const each of givenUp) {
      expect(report(each).error?.message).toMatch(/^no connection to the mail server: /);
    }
    expect(server.count(where)).toBeGreaterThanOrEqual(2);
  });

  it('a server that is none fails at once', async () => {
    const { runtime } = await against(once('connect', 'HTTP/1.1 400 Bad Request'));
    const settlements = await runtime.send(mail);
    expect(words(settlements)).toEqual(['failed']);
    expect(report(settlements[0]).error?.code).toBe('PermanentMailError');
  });
});

describe('an attempt that is aborted', () => {
  const silentAtEnd: Script = (step) => (step === 'end of data' ? silence : undefined);

  it('at the stop of the runtime hangs up and is handed back', async () => {
    const { server, runtime } = await against(silentAtEnd);
    const attempt = runtime.attempt(await runtime.dispatch(mail));
    await server.reached('end of data');
    runtime.stop();
    expect(word(await attempt)).toBe('returned');
    await server.allClosed();
  });

  it('at its soft limit hangs up and is retried', async () => {
    const server = await opens(ScriptedServer.start(silentAtEnd));
    const runtime = await opens(
      MailRuntime.start({ url: server.url, overrides: { timeLimit: { soft: '150ms' } } }),
    );
    const first = await runtime.attempt(await runtime.dispatch(mail));
    expect(word(first)).toBe('retrying');
    expect(report(first).error?.code).toBe('SKEP_SOFT_TIME_LIMIT');
    await server.allClosed();
  });

  it('says why it was aborted', async () => {
    const server = await opens(ScriptedServer.start(silentAtEnd));
    const outbox = new SmtpOutbox(readSmtpUrl(server.url), mailOptions.parse({ from: mail.to }));
    const controller = new AbortController();
    const sender = { name: '', address: 'skep@example.com' };
    const delivery = outbox.deliver(letter(mail, 'one', sender), controller.signal);
    const reason = new Error('enough');
    await server.reached('end of data');
    controller.abort(reason);
    await expect(delivery).rejects.toBe(reason);
    await server.allClosed();
  });

  it('while it waits for a connection goes without one', async () => {
    const { server, runtime } = await against(silentAtEnd, { connections: 1 });
    const attempts = [1, 2].map(async () => runtime.attempt(await runtime.dispatch(mail)));
    await server.reached('end of data');
    runtime.stop();
    expect(words(await Promise.all(attempts))).toEqual(['returned', 'returned']);
    expect(server.connections).toBe(1);
  });
});

describe('another attempt', () => {
  it('carries the same Message-ID', async () => {
    const server = await opens(ReceivingServer.start());
    const runtime = await opens(MailRuntime.start({ url: server.url }));
    const ids: string[] = [];
    const seen = (text: string) => /^Message-ID:\s*(<[^>]+>)/m.exec(text)?.[1] ?? '';
    server.onMessage = (text) => {
      ids.push(seen(text));
      return ids.length < 3 ? reply(451, 'disk busy') : undefined;
    };
    const settlements = await runtime.send(mail);
    expect(words(settlements)).toEqual(['retrying', 'retrying', 'success']);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
    expect(report(settlements.at(-1)).result).toMatchObject({ messageId: ids[0] });
    await runtime.send(mail);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('a mail that is refused for some recipients', () => {
  const to = ['ann@example.com', 'ben@example.com'];
  const cc = 'cleo@example.com';
  const answers: Record<string, Error> = {
    'ben@example.com': reply(450, 'greylisted'),
    'cleo@example.com': reply(550, 'no such user'),
  };

  async function setUp() {
    const server = await opens(ReceivingServer.start());
    const runtime = await opens(MailRuntime.start({ url: server.url }));
    server.onRecipient = (address) => answers[address];
    return { server, runtime };
  }

  it('goes to the others once, and again to those who were put off alone', async () => {
    const { server, runtime } = await setUp();
    const settlements = await runtime.send({ ...mail, to, cc });
    const [original, rest, ...more] = runtime.dispatched;
    expect(words(settlements)).toEqual(['success']);
    expect(more).toEqual([]);
    const { result } = report(settlements[0]);
    expect(result).toMatchObject({
      accepted: ['ann@example.com'],
      rejected: [
        { address: 'ben@example.com', reply: '450 greylisted', temporary: true },
        { address: 'cleo@example.com', reply: '550 no such user', temporary: false },
      ],
      followUp: rest?.id,
    });
    expect(runtime.dispatchOptions.at(-1)).toEqual({ delay: '1m' });

    if (rest === undefined || original === undefined) throw new Error('nothing was dispatched');
    server.asked.length = 0;
    // Still put off: the rest is retried by its own policy, until it is taken.
    expect(word(await runtime.attempt(rest))).toBe('retrying');
    server.onRecipient = () => undefined;
    const [last] = await runtime.untilFinal({ ...rest, attempt: 2 });
    expect(server.asked).toEqual(['ben@example.com', 'ben@example.com']);
    expect(server.mails.map((each) => each.to)).toEqual([['ann@example.com'], ['ben@example.com']]);
    const messageIds = server.mails.map(({ text }) => /^Message-ID:\s*(\S+)/m.exec(text)?.[1]);
    expect(new Set(messageIds).size).toBe(1);
    // The copy names everyone, as the first one did.
    expect(server.mails[1]?.text).toContain('To: ann@example.com, ben@example.com\r\n');
    expect(report(last).result).toMatchObject({ accepted: ['ben@example.com'], rejected: [] });
    expect(runtime.dispatched).toHaveLength(2);
  });

  it('fails, and is not sent again, when the rest cannot be queued', async () => {
    const { server, runtime } = await setUp();
    const envelope = await runtime.dispatch({ ...mail, to, cc });
    runtime.breakQueue();
    const settlements = await runtime.untilFinal(envelope);
    expect(words(settlements)).toEqual(['failed']);
    expect(report(settlements[0]).error?.message).toMatch(
      /taken for ann@example.com, but trying again for ben@example.com/,
    );
    expect(server.mails).toHaveLength(1);
  });

  it('is not retried for those who were refused for good', async () => {
    const { runtime } = await setUp();
    const settlements = await runtime.send({ ...mail, to: 'ann@example.com', cc });
    expect(words(settlements)).toEqual(['success']);
    expect(report(settlements[0]).result).not.toHaveProperty('followUp');
    expect(runtime.dispatched).toHaveLength(1);
  });

  it('is retried as a whole when nobody was accepted and someone was put off', async () => {
    const { server, runtime } = await setUp();
    const envelope = await runtime.dispatch({ ...mail, to: 'ben@example.com', cc });
    expect(word(await runtime.attempt(envelope))).toBe('retrying');
    expect(server.mails).toEqual([]);
    expect(runtime.dispatched).toHaveLength(1);
  });

  it('fails when everyone was refused for good', async () => {
    const { runtime } = await setUp();
    expect(words(await runtime.send({ ...mail, to: cc }))).toEqual(['failed']);
  });
});
