// Random texts and values around secrets: none comes out.
import { rememberSecret } from '../../../src/core/log/known-secrets.js';
import { printable, printableJson } from '../../../src/core/log/printable.js';
import { redact, redactText } from '../../../src/core/log/redact.js';
import { eachCase } from './each-case.js';
import { hostileText } from './hostile-text.js';
import type { Random } from './random.js';
import { raw } from './what-is-wrong.js';

/** Forms of which the redaction knows that the secret is one. */
const forms: readonly ((secret: string) => string)[] = [
  (s) => `mysql://u:${s}@h/db`,
  (s) => `redis://:${s}@h`,
  (s) => `password=${s}`,
  (s) => `"dbPassword": "${s}"`,
  (s) => `accessToken='${s}'`,
  (s) => `Authorization: Bearer ${s}`,
  (s) => `--api-key ${s}`,
  (s) => `IDENTIFIED BY '${s}'`,
  (s) => `https://h/?token=${s}&x=1`,
];

const names = ['password', 'API_KEY', 'clientSecret', 'refresh_token', 'sessionId', 'Set-Cookie'];

/** What stands around a secret and is no part of its own form: a blank ends most of them. */
const around = (random: Random): string => {
  const text = hostileText(random).replaceAll(/["']/g, '');
  return random.chance(0.2) ? `${text} `.repeat(1 + random.upTo(400)) : `${text} `;
};

/** A value with the secret somewhere in it, under a name that says so or in a text. */
function holding(random: Random, secret: string, depth = 3): unknown {
  if (depth > 0 && random.chance(0.6)) {
    const inside = holding(random, secret, depth - 1);
    return random.chance(0.5)
      ? [hostileText(random), inside, 1]
      : { [`a${hostileText(random, 1)}`]: inside, other: hostileText(random) };
  }
  if (random.chance(0.4)) return { [random.one(names)]: secret };
  return `${around(random)}${random.one(forms)(secret)} ${around(random)}`;
}

describe('random secrets', () => {
  it('never come out of a text or a value', async () => {
    await eachCase(import.meta.url, 3_000, (random) => {
      const secret = `S3cr3t${random.upTo(1e9)}Qx`;
      const value = holding(random, secret);
      const text = `${around(random)}${random.one(forms)(secret)} ${around(random)}`;
      const shown = `${printableJson(redact(value))} ${printable(redactText(text))}`;
      return shown.includes(secret) ? [JSON.stringify({ text, value }).slice(0, 500)] : [];
    });
  });

  it('that Skep was given never come out, whatever stands around them', async () => {
    await eachCase(import.meta.url, 100, (random) => {
      const secret = `p@ss/${random.upTo(1e9)}`;
      rememberSecret(secret);
      const text = hostileText(random, 6) + secret + hostileText(random, 6);
      return redactText(text).includes(secret) ? [JSON.stringify(text)] : [];
    });
  });

  it('leave nothing behind that a terminal or a line would take for its own', async () => {
    await eachCase(import.meta.url, 2_000, (random) => {
      const text = printable(hostileText(random, 8));
      return raw.test(text) ? [JSON.stringify(text)] : [];
    });
  });
});
