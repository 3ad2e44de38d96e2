// What may be said of a mail: the payload schema, as a dispatch applies it.
import { Email } from '../../../src/plugins/mail/email.js';

const mail = (fields: object) => ({
  to: 'ann@example.com',
  subject: 'Hello',
  text: 'Hi',
  ...fields,
});

/** The problems of a payload as `path: message`; none when it is sound. */
function problems(payload: unknown): string[] {
  const parsed = Email.safeParse(payload);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('addresses that are taken', () => {
  it.each([
    'ann@example.com',
    '<ann@example.com>',
    ' ann@example.com ',
    'Ann <ann@example.com>',
    'Ann  Bee <ann@example.com>',
    "Ann O'Hara <ann@example.com>",
    '"Bee, Ann" <ann@example.com>',
    '"Ann \\"A\\" Bee" <ann@example.com>',
    '"ann@elsewhere.example" <ann@example.com>',
    'آن <ann@example.com>',
    'ann+tag@sub.example.co.uk',
    'bounce-ann=example.org@example.com',
    'ann@bücher.example',
    'ann@شركة.السعودية',
    'ann@xn--bcher-kva.example',
    { address: 'ann@example.com' },
    { name: 'Bee, Ann <boss@example.com>', address: 'ann@example.com' },
  ])('%j', (to) => {
    expect(problems(mail({ to }))).toEqual([]);
    expect(problems(mail({ to: ['bob@example.com', to] }))).toEqual([]);
    expect(problems(mail({ cc: to, bcc: to, replyTo: to }))).toEqual([]);
  });
});

describe('addresses that are refused', () => {
  const notAnAddress = 'is not an e-mail address such as user@example.com';
  const control = 'has a line break or another control character';
  const doubtful =
    'cannot be read beyond doubt; write "Name" <user@example.com> or { name, address }';
  it.each([
    ['', 'is empty'],
    ['ann', notAnAddress],
    ['ann@', notAnAddress],
    ['@example.com', notAnAddress],
    ['ann@localhost', notAnAddress],
    ['ann@10.0.0.1', notAnAddress],
    ['ann@[10.0.0.1]', notAnAddress],
    ['ann@exa mple.com', doubtful],
    ['ann@-example.com', notAnAddress],
    ['ann@example..com', notAnAddress],
    ['ann@example.com.', notAnAddress],
    ['.ann@example.com', notAnAddress],
    ['an..n@example.com', notAnAddress],
    ['ann.@example.com', notAnAddress],
    ['ann@bob@example.com', notAnAddress],
    [`${'a'.repeat(65)}@example.com`, notAnAddress],
    [
      `ann@${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.com`,
      notAnAddress,
    ],
    ['"ann bee"@example.com', notAnAddress],
    ['"ann@evil.example"@example.com', notAnAddress],
    ['<"ann@evil.example>"@example.com>', notAnAddress],
    ['"Ann <ann@example.com>', doubtful],
    ['änn@example.com', 'has letters before the @ that are not ASCII; mail servers refuse them'],
    ['ann@exam\u2100ple.com', notAnAddress],
    ['ann@example.com, bob@example.com', 'holds more than one address; give a list'],
    ['ann@example.com; bob@example.com', 'holds more than one address; give a list'],
    ['ann@example.com,bob@example.com <x@example.com>', 'holds more than one address; give a list'],
    ['Staff: ann@example.com, bob@example.com;', 'is a group of addresses; give a list'],
    ['Bee, Ann <ann@example.com>', doubtful],
    ['boss@example.com <ann@example.com>', doubtful],
    ['Ann ann@example.com', doubtful],
    ['Ann <ann@example.com> bob@example.com', doubtful],
    ['Ann <ann@example.com', doubtful],
    ['Ann <<ann@example.com>>', doubtful],
    ['ann@example.com (boss)', doubtful],
    ['ann@example.com,', doubtful],
    ['ann@example.com\r\nBcc: bob@example.com', control],
    ['ann@example.com\nX: y', control],
    ['Ann\r <ann@example.com>', control],
    ['Ann\u0000 <ann@example.com>', control],
    ['Ann\u0085 <ann@example.com>', control],
    ['Ann\u2028 <ann@example.com>', control],
    [{ address: 'Ann <ann@example.com>' }, notAnAddress],
    [{ address: 'ann@example.com, bob@example.com' }, notAnAddress],
    [{ address: 'ann@example.com>\r\nRCPT TO:<bob@example.com' }, control],
    [{ name: 'Ann\r\nBcc: bob@example.com', address: 'ann@example.com' }, control],
  ])('%j', (to, problem) => {
    expect(problems(mail({ to }))).toEqual([`to: ${problem}`]);
    expect(problems(mail({ cc: ['bob@example.com', to] }))).toEqual([`cc.1: ${problem}`]);
    expect(problems(mail({ from: to }))).toEqual([`from: ${problem}`]);
  });

  it.each([3, null, { name: 'Ann' }, [3], [['ann@example.com']]])(
    '%j, with what is expected instead',
    (to) => {
      expect(problems(mail({ to }))[0]).toContain('expected an address: "ann@example.com"');
    },
  );

  it('an unknown part', () => {
    expect(problems(mail({ to: { nam: 'Ann', address: 'ann@example.com' } }))).toEqual([
      'to: Unrecognized key: "nam"',
    ]);
  });

  it('an empty list', () => {
    expect(problems(mail({ to: [] }))).toHaveLength(1);
  });
});

describe('the rest of a mail', () => {
  it('has a subject of one line', () => {
    for (const subject of ['a\r\nBcc: bob@example.com', 'a\nb', 'a\u0000b', 'a\u2028b']) {
      expect(problems(mail({ subject }))).toEqual([
        'subject: has a line break or another control character',
      ]);
    }
    expect(problems(mail({ subject: '' }))).toHaveLength(1);
    expect(problems(mail({ subject: 'تقرير الحضور' }))).toEqual([]);
  });

  it('has a text, HTML or both', () => {
    expect(problems(mail({ text: undefined, html: '<p>Hi</p>' }))).toEqual([]);
    expect(problems(mail({ text: undefined }))).toEqual(['text: give text, html or both']);
  });

  it('has no free headers and no unknown fields', () => {
    expect(problems(mail({ headers: { Bcc: 'bob@example.com' } }))).toEqual([
      ': Unrecognized key: "headers"',
    ]);
  });

  it('has attachments with a name, base64 and a media type', () => {
    const file = { filename: 'report.csv', content: 'YSxiCg==', contentType: 'text/csv' };
    expect(problems(mail({ attachments: [file] }))).toEqual([]);
    expect(
      problems(
        mail({
          attachments: [
            { ...file, content: 'not base64' },
            { ...file, filename: '../../etc/passwd' },
            { ...file, filename: 'a.csv"\r\nX: y' },
            { ...file, contentType: 'text/csv\r\nX: y' },
            { filename: 'a', path: '/etc/passwd' },
          ],
        }),
      ),
    ).toEqual([
      'attachments.0.content: expected base64',
      'attachments.1.filename: is a path, not a name',
      'attachments.2.filename: has a line break or another control character',
      'attachments.3.contentType: expected a media type such as "text/csv"',
      'attachments.4.content: expected base64',
      'attachments.4: Unrecognized key: "path"',
    ]);
  });

  it('has an attachment as large as a payload may be', () => {
    const content = Buffer.alloc(780_000, 'x').toString('base64');
    expect(problems(mail({ attachments: [{ filename: 'large.bin', content }] }))).toEqual([]);
  });

  it('has at most 100 recipients, counted once each', () => {
    const people = (count: number) =>
      Array.from({ length: count }, (_, index) => `p${index}@example.com`);
    expect(problems(mail({ to: people(100), cc: people(100) }))).toEqual([]);
    expect(problems(mail({ to: people(60), bcc: people(101) }))).toEqual([
      'to: with cc and bcc more than 100 recipients; dispatch several mails',
    ]);
  });

  it('is not sent again to someone who was never a recipient', () => {
    const mailId = `0190.${'0'.repeat(16)}`;
    expect(problems(mail({ remaining: { mailId, recipients: ['ann@example.com'] } }))).toEqual([]);
    expect(problems(mail({ remaining: { mailId, recipients: ['bob@example.com'] } }))).toEqual([
      'remaining: names someone who is not a recipient of the mail',
    ]);
    expect(problems(mail({ remaining: { mailId: 'a@b>\r\n', recipients: ['x'] } }))).toHaveLength(
      1,
    );
  });

  it('is read the same when it is checked a second time, before the run', () => {
    const payload = mail({ to: ['Ann <ann@bücher.example>', { address: 'bob@example.com' }] });
    expect(Email.parse(payload)).toEqual(payload);
    expect(Email.parse(Email.parse(payload))).toEqual(payload);
  });
});
