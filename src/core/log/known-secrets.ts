// Secrets that Skep knows by value: the passwords it was given, wherever they turn up.
import { existsSync } from 'node:fs';
import { isSecretName } from './secret-names.js';

/** Shorter ones are part of ordinary words. */
const shortest = 6;

/** Passwords that are also ordinary words of messages: masked by their form, not wherever they stand. */
const ordinary = new Set([
  'password',
  'passwort',
  'secret',
  'changeme',
  'default',
  'example',
  'mariadb',
  'postgres',
  'testing',
]);

const known = new Set<string>();
let search: RegExp | undefined;

/** Has a text masked wherever it stands, as it is and percent-encoded. One of fewer than six characters is not, nor one that is an ordinary word. */
export function rememberSecret(text: string): void {
  for (const form of [text, encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, ''))]) {
    if (form.length >= shortest && !ordinary.has(form)) known.add(form);
  }
  search = undefined;
}

/** Remembers the secrets of an environment: what stands under a secret name, and the passwords of URLs. */
export function rememberSecretsOf(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    // `PWD` is where a shell stands, and a file with a password is not the password.
    if (isSecretName(name) && !existsSync(value)) rememberSecret(value);
    if (!value.includes('://')) continue;
    const password = URL.canParse(value) ? new URL(value).password : '';
    if (password === '') continue;
    rememberSecret(password);
    rememberSecret(decoded(password));
  }
}

/** The text without the secrets that are known. One search for all of them. */
export function withoutKnownSecrets(text: string, mask: string): string {
  if (known.size === 0) return text;
  search ??= new RegExp(
    [...known]
      .sort((a, b) => b.length - a.length)
      .map((each) => each.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&'))
      .join('|'),
    'g',
  );
  return text.replace(search, mask);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
