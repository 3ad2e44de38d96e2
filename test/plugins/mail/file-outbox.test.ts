// Mails as files, where no mail server is configured.
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RunContext } from '../../../src/core/run/run-context.js';
import { Task } from '../../../src/core/tasks/decorators.js';
import { FileOutbox } from '../../../src/plugins/mail/file-outbox.js';
import { SendEmail } from '../../../src/plugins/mail/index.js';
import { letter } from '../../../src/plugins/mail/letter.js';
import { opens } from './cleanup.js';
import { MailRuntime, report, word } from './runtime.js';

const mail = { to: 'ann@example.com', subject: 'Hello', text: 'Good morning' };

@Task({ code: 'send_two', payload: z.undefined() })
class SendTwo {
  async run(_payload: undefined, context: RunContext): Promise<unknown[]> {
    return [
      await context.call(SendEmail, mail),
      await context.call(SendEmail, { ...mail, subject: 'Goodbye' }),
    ];
  }
}

const files = (runtime: MailRuntime) => readdir(join(runtime.dataDir, 'mail'));

describe('without SMTP_URL', () => {
  it.each([undefined, ''])('(%j) a mail becomes a file that says everything', async (url) => {
    const runtime = await opens(MailRuntime.start(url === undefined ? {} : { url }));
    const envelope = await runtime.dispatch({ ...mail, bcc: 'ben@example.com' });
    const settlement = await runtime.attempt(envelope);
    const [name, ...more] = await files(runtime);
    const file = join(runtime.dataDir, 'mail', name ?? '');
    const text = await readFile(file, 'utf8');

    expect(more).toEqual([]);
    expect(name).toMatch(new RegExp(`^${envelope.id}\\.[0-9a-f]{16}\\.eml$`));
    expect(text).toContain('From: Skep <skep@example.com>\r\n');
    expect(text).toContain('To: ann@example.com\r\n');
    expect(text).toContain('Bcc: ben@example.com\r\n');
    expect(text).toContain('Subject: Hello\r\n');
    expect(text).toContain('\r\n\r\nGood morning');
    expect(text.replace(/\r\n/g, '')).not.toContain('\n');
    expect(report(settlement).result).toEqual({
      messageId: `<${name?.replace(/\.eml$/, '')}@example.com>`,
      accepted: ['ann@example.com', 'ben@example.com'],
      rejected: [],
      file,
    });
  });

  it('is read by the user of the runtime alone', async () => {
    const runtime = await opens(MailRuntime.start());
    await runtime.send(mail);
    const [name] = await files(runtime);
    const modes = [join(runtime.dataDir, 'mail'), join(runtime.dataDir, 'mail', name ?? '')];
    const bits = await Promise.all(modes.map(async (path) => (await stat(path)).mode & 0o777));
    expect(bits).toEqual([0o700, 0o600]);
  });

  it('another attempt of the execution replaces the file, in one step', async () => {
    const runtime = await opens(MailRuntime.start());
    const envelope = await runtime.dispatch(mail);
    await runtime.attempt(envelope);
    const [name] = await files(runtime);
    const path = join(runtime.dataDir, 'mail', name ?? '');
    const before = await readFile(path, 'utf8');
    // A reader that has the file open goes on reading what it opened.
    const reader = await open(path);
    try {
      await runtime.attempt({ ...envelope, attempt: 2 });
      expect(await files(runtime)).toEqual([name]);
      expect(await reader.readFile('utf8')).toBe(before);
      expect((await stat(path)).ino).not.toBe((await reader.stat()).ino);
    } finally {
      await reader.close();
    }
  });

  it('names sort in the order of dispatch', async () => {
    const runtime = await opens(MailRuntime.start());
    const envelopes = [];
    for (let count = 0; count < 20; count++) envelopes.push(await runtime.dispatch(mail));
    for (const envelope of envelopes.toReversed()) await runtime.attempt(envelope);
    const names = (await files(runtime)).sort();
    expect(names.map((name) => name.slice(0, 36))).toEqual(envelopes.map(({ id }) => id));
  });

  it('two mails that one execution sends are two files with two Message-IDs', async () => {
    const runtime = await opens(MailRuntime.start({ tasks: [SendTwo] }));
    const envelope = await runtime.dispatch(undefined, 'send_two');
    const settlement = await runtime.attempt(envelope);
    expect(word(settlement)).toBe('success');
    const names = await files(runtime);
    expect(names).toHaveLength(2);
    await runtime.attempt({ ...envelope, attempt: 2 });
    expect(await files(runtime)).toEqual(names);
  });

  it('an execution id that is a path leads nowhere else', async () => {
    const runtime = await opens(MailRuntime.start());
    const envelope = await runtime.dispatch(mail);
    await runtime.attempt({ ...envelope, id: '../../escaped' });
    const [name] = await files(runtime);
    expect(name).toMatch(/^______escaped\.[0-9a-f]{16}\.eml$/);
  });

  it('a folder that cannot be written fails with the reason', async () => {
    const runtime = await opens(MailRuntime.start());
    await writeFile(join(runtime.dataDir, 'mail'), 'not a folder');
    const settlements = await runtime.send(mail);
    expect(settlements.map(word)).toEqual(['failed']);
    expect(report(settlements[0]).error?.code).toBe('SKEP_DATA_DIR_UNUSABLE');
  });

  it('leaves nothing half-written behind', async () => {
    const runtime = await opens(MailRuntime.start());
    const envelope = await runtime.dispatch(mail);
    await runtime.attempt(envelope);
    const [name] = await files(runtime);
    const path = join(runtime.dataDir, 'mail', name ?? '');
    await rm(path);
    // A folder in its place: the content can be written, and not be put there.
    await mkdir(path);
    const settlement = await runtime.attempt({ ...envelope, attempt: 2 });
    expect(word(settlement)).toBe('failed');
    expect(report(settlement).error?.code).toBe('SKEP_DATA_DIR_UNUSABLE');
    expect(await files(runtime)).toEqual([name]);
  });

  it('writes nothing for an attempt that was aborted', async () => {
    const runtime = await opens(MailRuntime.start());
    const folder = join(runtime.dataDir, 'mail');
    const sender = { name: '', address: 'skep@example.com' };
    const reason = new Error('stopping');
    const delivery = new FileOutbox(folder).deliver(
      letter(mail, 'one', sender),
      AbortSignal.abort(reason),
    );
    await expect(delivery).rejects.toBe(reason);
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });
});
