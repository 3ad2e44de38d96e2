// Secrets by form, by name and by value; bounds; and text that nobody may have on their terminal.
import { rememberSecret, rememberSecretsOf } from '../../src/core/log/known-secrets.js';
import { printable, printableDeep, printableJson } from '../../src/core/log/printable.js';
import { redact, redactText } from '../../src/core/log/redact.js';
import { withRunFields } from '../../src/core/log/run-fields.js';
import { nameSecretFields } from '../../src/core/log/secret-names.js';

const secret = 'S3cr3tPw';

describe('secrets in a text', () => {
  test.each([
    `redis://:${secret}@h:6379`,
    `https://${secret}@h`,
    `mongodb+srv://u:${secret}@h`,
    `jdbc:mysql://h/db?user=u&password=${secret}`,
    `accessToken=${secret}`,
    `clientSecret=${secret}`,
    `dbPassword=${secret}`,
    `PGPASSWORD=${secret}`,
    `{"accessToken":"${secret}"}`,
    `password="my ${secret}"`,
    `password='a,${secret}'`,
    `password = ${secret}`,
    `Password\u00a0: ${secret}`,
    `server=h;uid=u;password={${secret};x}`,
    `AWS_SECRET_ACCESS_KEY=${secret}`,
    `secret_key=${secret}`,
    `SECRET_KEY_BASE=${secret}`,
    `Bearer ${secret}`,
    `Proxy-Authorization: Basic ${secret}`,
    `Cookie: session=${secret}`,
    `Set-Cookie: sid=${secret}; Path=/`,
    `jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${secret}`,
    `IDENTIFIED BY '${secret}'`,
    `SET PASSWORD = '${secret}'`,
    `--password ${secret}`,
    `--db-password=${secret}`,
    `mysqldump -u root -p${secret} hr`,
    `passwort=${secret}`,
    `password is ${secret}`,
    `apikey ${secret}`,
    `https://h/?sig=${secret}`,
    `https://h/?X-Amz-Signature=${secret}`,
    `https://hooks.slack.com/services/T0/B0/${secret}`,
    `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`,
    `-----BEGIN RSA PRIVATE KEY-----\n${secret}`,
    `user:${secret}@host`,
    `${'x'.repeat(15_985)} mysql://u:${secret}${secret}@h`,
  ])('is masked in %s', (text) => {
    expect(redactText(text)).not.toContain(secret);
    expect(redactText(text)).toContain('[red');
  });

  test.each([
    'the secretary has a key, and a token was counted',
    'bearer of bad news',
    'npm:bee-queue@2.0.0 at 12:30@noon',
    'mail to ada@example.com: sent',
    'see https://example.com/a:b and mysql://h:3306/d',
    'the api key is missing',
    'password policy: at least 8 characters',
    '(using password: NO)',
  ])('is not seen in %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  test('that Skep was given is masked wherever it stands, percent-encoded too', () => {
    rememberSecretsOf({
      MARIA_URL: 'mysql://u:p%40ss%2Fword9@h/d',
      SMTP_PASS: 'l0ng-enough',
      TZ: 'UTC',
    });
    rememberSecretsOf({ PWD: process.cwd(), DB_PASSWORD_FILE: import.meta.filename });
    rememberSecret('tiny');
    expect(redactText(process.cwd())).toBe(process.cwd());
    expect(redactText('it said p@ss/word9, p%40ss%2Fword9 and l0ng-enough in UTC, tiny')).toBe(
      'it said [redacted], [redacted] and [redacted] in UTC, tiny',
    );
    expect(redact({ note: 'l0ng-enough' })).toEqual({ note: '[redacted]' });
  });
});

describe('secrets in data', () => {
  test.each([
    'auth',
    'session',
    'sessionId',
    'pin',
    'otp',
    'accessKey',
    'access_key',
    'passwordHash',
    'tokens',
    'dsn',
    'connectionString',
    'signature',
    'creds',
    'salt',
    'cardNumber',
  ])('stand under %s', (name) => {
    expect(redact({ [name]: secret })).toEqual({ [name]: '[redacted]' });
  });

  test.each([
    'session_count',
    'signed',
    'pinned',
    'authors',
    'keyNumber',
    'discard',
    'designation',
  ])('do not stand under %s', (name) => {
    expect(redact({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });

  test('stand beside their name, in pairs, flags, maps and sets', () => {
    const text = JSON.stringify(
      redact({
        pair: { name: 'password', value: secret },
        headers: [['authorization', secret]],
        argv: ['--password', secret],
        map: new Map([['token', secret]]),
        set: new Set([`password=${secret}`]),
      }),
    );
    expect(text).not.toContain(secret);
  });

  test('are the fields that plugins.json and the task name, in the data of that task', () => {
    nameSecretFields({
      everywhere: ['National-ID'],
      byTask: new Map([['hire', ['salary']]]),
    });
    const value = { nationalId: 7, salary: 5 };
    expect(redact(value)).toEqual({ nationalId: '[redacted]', salary: 5 });
    expect(redact(value, { task: 'hire' })).toEqual({
      nationalId: '[redacted]',
      salary: '[redacted]',
    });
    const run = { executionId: 'e', task: 'hire', attempt: 1, worker: 'w', jobId: 'j' };
    expect(withRunFields(run, () => redact(value))).toMatchObject({ salary: '[redacted]' });
    nameSecretFields({});
  });

  test('do not make it long: bytes by their number, keys, items, texts and depth within bounds', () => {
    expect(redact({ a: Buffer.alloc(40_000_000), b: new Float64Array(2) })).toEqual({
      a: '[40,000,000 bytes]',
      b: '[16 bytes]',
    });
    const size = (value: unknown): number => JSON.stringify(redact(value)).length;
    expect(
      size(Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`k${n}`, n]))),
    ).toBeLessThan(80_000);
    expect(size(Array(1_000_000).fill(1))).toBeLessThan(20_000);
    expect(size(Array(1_000).fill('x'.repeat(16_000)))).toBeLessThan(100_000);
    expect(size({ ['k'.repeat(100_000)]: 1 })).toBeLessThan(1_000);
    expect(redact({ at: new Date(Number.NaN) })).toEqual({ at: '[no date]' });
  });
});

describe('printable text', () => {
  test.each([
    ['a\u001b]0;title\u0007b', 'a\\x1b]0;title\\x07b'],
    ['\u009b31m', '\\x9b31m'],
    ['a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['\u202eabc\u202c \u2066x\u2069', '\\u202eabc\\u202c \\u2066x\\u2069'],
    ['\u2028\u2029\ufeff\u061c', '\\u2028\\u2029\\ufeff\\u061c'],
    ['half \ud83d', 'half \\ud83d'],
    ['\u{e0041}', '\\u{e0041}'],
    ['👨‍👩‍👧 می‌خواهم', '👨‍👩‍👧 می‌خواهم'],
  ])('%j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test('may keep its lines', () => {
    expect(printable('a\nb\tc\u001b', { lines: true })).toBe('a\nb\tc\\x1b');
  });

  test('in data and in JSON means the same', () => {
    const value = { 'k\u001b': ['\u009b', '\u202e', '\u2028', 'ü'] };
    expect(printableDeep(value)).toEqual({ 'k\\x1b': ['\\x9b', '\\u202e', '\\u2028', 'ü'] });
    expect(printableDeep({ task: Buffer.from('ab') })).toEqual({ task: '[2 bytes]' });
    expect(redactText(Buffer.from('password=x1') as never)).toBe('password=[redacted]');
    const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
    expect(JSON.stringify(printableDeep(deep))).toContain('[deep]');
    const json = printableJson(value) ?? '';
    expect(json).toMatch(/^[ -~ü]*$/);
    expect(JSON.parse(json)).toEqual(value);
  });
});
