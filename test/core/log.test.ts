import { Writable } from 'node:stream';
import { redact, redactText } from '../../src/core/log/redact.js';
import { withRunFields } from '../../src/core/log/run-fields.js';
import { createLogger, type LogOptions } from '../../src/core/log/winston-logger.js';

const run = { executionId: 'e-1', task: 'demo', attempt: 2, worker: 'host:1', jobId: 'j-1' };

/** A stream that is slow to take what is written, as a pipe can be. */
function slowStream() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      setImmediate(() => {
        lines.push(String(chunk));
        done();
      });
    },
  });
  return { stream, text: () => lines.join('') };
}

function logger(options: Partial<LogOptions> = {}) {
  const { stream, text } = slowStream();
  const made = createLogger({ level: 'info', format: 'json', colour: false, stream, ...options });
  return { logger: made, text };
}

describe('logger', () => {
  test('writes one JSON line an event, with the fields of the run', async () => {
    const { logger: log, text } = logger();
    withRunFields(run, () => log.warn('slow', { durationMs: 7 }));
    await log.close();
    expect(JSON.parse(text())).toMatchObject({
      level: 'warn',
      message: 'slow',
      durationMs: 7,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      ...run,
    });
  });

  test('close resolves when every line has left', async () => {
    const { logger: log, text } = logger();
    for (let n = 0; n < 500; n++) log.info(`line ${n}`);
    await log.close();
    expect(text().trim().split('\n')).toHaveLength(500);
  });

  test('lines below the level are not written', async () => {
    const { logger: log, text } = logger({ level: 'warn' });
    log.info('no');
    log.error('yes');
    await log.close();
    expect(text()).not.toContain('no"');
    expect(text()).toContain('yes');
  });

  test('the pretty form of a line about a task that is about no run has no attempt', async () => {
    const { logger: log, text } = logger({ format: 'pretty' });
    log.info('schedule added', { task: 'nightly' });
    await log.close();
    expect(text()).toContain('nightly schedule added');
  });

  test('the pretty form is one line for a person, with the cause of an error below', async () => {
    const { logger: log, text } = logger({ format: 'pretty' });
    withRunFields(run, () =>
      log.error('run ended: failed', { error: new TypeError('no such column'), rows: 3 }),
    );
    await log.close();
    expect(text()).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} ERROR demo#2 run ended: failed rows=3 e-1\n {4}TypeError: no such column\n$/,
    );
  });

  test('secrets do not get into the log', async () => {
    const { logger: log, text } = logger();
    log.info('opening mysql://app:s3cret@db:3306/x', {
      url: 'redis://:s3cret@h:1',
      smtpPassword: 's3cret',
      payload: { any: 's3cret' },
      nested: { authorization: 's3cret', apiKey: 's3cret' },
      error: new Error('access denied, password=s3cret'),
    });
    await log.close();
    expect(text()).toContain('mysql://app:[redacted]@db:3306/x');
    expect(text()).not.toContain('s3cret');
  });

  test('a message may hold what looks like a placeholder, and fields may not pose as the run', async () => {
    const { logger: log, text } = logger();
    withRunFields(run, () =>
      log.info('copied 100%done %s caf%c3%a9', { rows: 3, task: 'spoof', level: 'x' }),
    );
    await log.close();
    expect(JSON.parse(text())).toMatchObject({
      ...run,
      rows: 3,
      level: 'info',
      message: 'copied 100%done %s caf%c3%a9',
    });
  });

  test('nothing that is logged can throw', async () => {
    const { logger: log, text } = logger();
    const odd = Object.assign(new Error('odd'), { stack: { frames: [] } });
    const cyclic: Record<string, unknown> = { code: 'E', message: 'm' };
    cyclic.self = cyclic;
    const itself = new Error('itself');
    itself.cause = itself;
    const hostile = {
      get row(): never {
        throw new Error('getter');
      },
      toJSON(): never {
        throw new Error('toJSON');
      },
    };
    for (const error of [odd, cyclic, itself, null, Symbol('s')]) log.error('it failed', { error });
    log.info('hostile', { hostile });
    await log.close();
    log.info('after the end');
    expect(text().trim().split('\n')).toHaveLength(6);
    expect(text()).not.toContain('after the end');
  });

  test('what cannot be JSON does not stop a line', async () => {
    const { logger: log, text } = logger();
    const cyclic: Record<string, unknown> = { n: 1n };
    cyclic.self = cyclic;
    log.info('odd', { cyclic, text: Symbol('x') as never });
    await log.close();
    expect(text()).toContain('odd');
  });
});

describe('redaction', () => {
  test.each([
    ['postgres://u:p%40ss@h/db', 'postgres://u:[redacted]@h/db'],
    ['mysql://u:p@ss@h/db', 'mysql://u:[redacted]@h/db'],
    ['{"password": "abc", "user": "ada"}', '{"password": "[redacted]", "user": "ada"}'],
    ['https://example.org/a?token=abc&x=1', 'https://example.org/a?token=[redacted]&x=1'],
    ['mysql://u:p/w@h/db', 'mysql://u:[redacted]@h/db'],
    ['https://ghp_abc@github.com/x', 'https://[redacted]@github.com/x'],
    ['Authorization: Bearer abc.def', 'Authorization: [redacted]'],
    ['MYSQL_PASSWORD=abc access_token=def', 'MYSQL_PASSWORD=[redacted] access_token=[redacted]'],
    ['a plain text: nothing', 'a plain text: nothing'],
    // MariaDB's own words, which a person needs whole: whether there was a password is no secret.
    [
      "refuses the login: Access denied for user 'ada'@'db' (using password: YES)",
      "refuses the login: Access denied for user 'ada'@'db' (using password: YES)",
    ],
    ['(using password: YES, or no)', '(using password: [redacted], or no)'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  test.each([
    ...[
      'password',
      'dbPassword',
      'DB_PASSWORD',
      'PGPASSWORD',
      'smtpPass',
      'passwd',
      'pwd',
      'passphrase',
    ],
    ...['clientSecret', 'client_secret', 'clientsecret', 'secrets', 'secretAccessKey', 'secretKey'],
    ...['session_cookie', 'sessionCookie', 'Set-Cookie', 'cookies', 'cookieHeader', 'credentials'],
    ...[
      'apiKey',
      'api_key',
      'APIKey',
      'apikey',
      'X-API-KEY',
      'apiKeys',
      'privateKey',
      'private_key_pem',
    ],
    ...[
      'token',
      'accessToken',
      'refresh_token',
      'accesstoken',
      'authorization',
      'proxyAuthorization',
    ],
    ...['AWS_ACCESS_KEY', 'payload', 'Payload', 'password2'],
  ])('the field %s is a secret', (name) => {
    expect(redact({ [name]: 'x' })).toEqual({ [name]: '[redacted]' });
  });

  test.each([
    ...[
      'secretary',
      'secretaryId',
      'cookieCount',
      'cookie_count',
      'secretName',
      'passenger',
      'compass',
    ],
    ...[
      'bypass',
      'tokenCount',
      'maxTokens',
      'tokenizer',
      'key',
      'keyboard',
      'primaryKey',
      'monkey',
    ],
    ...[
      'passed',
      'passwordPolicy',
      'credentialCount',
      'payloads',
      'payloadBytes',
      'authorizationName',
    ],
  ])('the field %s is none', (name) => {
    expect(redact({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });

  test('a long text is bounded, however it is made', () => {
    expect(redactText('ab.'.repeat(200_000)).length).toBeLessThan(20_000);
  });

  test('fields by name, however deep, and no others', () => {
    expect(redact({ db: { Password: 'x', passenger: 'Ada' }, list: [{ token: 1 }] })).toEqual({
      db: { Password: '[redacted]', passenger: 'Ada' },
      list: [{ token: '[redacted]' }],
    });
  });
});
