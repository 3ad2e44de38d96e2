// Takes secrets out of what is logged or stored: passwords in URLs, fields with secret names.

const mask = '[redacted]';

/**
 * The user part of a URL with a password: up to the last `@` before a space, because a password may hold an `@` or a
 * `/` that nobody escaped. The scheme is bounded, so that no text makes the search slow.
 */
const urlPassword = /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@]{0,256}):[^\s]*@/gi;
const urlToken = /\b(https?:\/\/)[^\s:/@]{1,512}@/gi;
const authorization = /\b(authorization["']?\s*[=:]\s*["']?)[^\r\n"',;]+/gi;
const secretPair =
  /(?<![a-z])(password|passwd|pwd|passphrase|secret|token|api[-_]?key)(["']?\s*[=:]\s*["']?)(?!(?:YES|NO)\))([^\s"',;&}]+)/gi;
/** A quick look that finds more than the secrets: only what it finds is taken apart into words. */
const suspicious = /pass|pwd|secret|token|key|authorization|cookie|credential|payload/i;
/** `clientSecret` is client and secret, `APIKey` is API and key, `X-API-KEY` is three words. */
const wordsOfName = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+/gu;
/** Secret wherever they stand in a name: `cookieHeader`, `secretAccessKey`. The beginning may be written without a gap. */
const secretWord = /(secret|cookie|credential|(api|private|access|secret)key)s?$|^authorization$/;
/** Secret as the last word only: a `tokenCount` and a `passwordPolicy` are none. */
const secretLastWord = /(password|passwd|passphrase|pwd)s?$|token$|^pass$/;
/** A key is a secret by what it opens. */
const whatKeysOpen = /^(api|private|access|secret)$/;
/** Words for facts about a secret that do not reveal it: `cookieCount`, `secretName`. */
const aboutSecrets = new Set(['count', 'length', 'name', 'number', 'size', 'total']);

const longestText = 16_000;
const mostNodes = 2_000;
const deepest = 6;

/** A text with its secrets masked: passwords of URLs, `password=…` pairs, the value of an Authorization header. */
export function redactText(text: string): string {
  const short = text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
  return short
    .replace(authorization, `$1${mask}`)
    .replace(urlPassword, `$1:${mask}@`)
    .replace(urlToken, `$1${mask}@`)
    .replace(secretPair, `$1$2${mask}`);
}

/**
 * A copy of a value with fields of secret names masked and texts redacted, at most six levels deep and bounded in
 * size, whatever it refers to. Never throws.
 */
export function redact(value: unknown): unknown {
  let nodes = 0;
  const visit = (at: unknown, depth: number): unknown => {
    if (typeof at === 'string') return redactText(at);
    if (typeof at === 'bigint') return at.toString();
    if (typeof at === 'function' || typeof at === 'symbol') return `[${typeof at}]`;
    if (typeof at !== 'object' || at === null || at instanceof Date) return at;
    if (depth >= deepest) return '[deep]';
    if (++nodes > mostNodes) return '[more]';
    if (at instanceof Error) return { name: at.name, message: redactText(String(at.message)) };
    if (Array.isArray(at)) return at.slice(0, mostNodes).map((each) => visit(each, depth + 1));
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(at)) {
      copy[key] = isSecretName(key) ? mask : visit(read(at, key), depth + 1);
    }
    return copy;
  };
  try {
    return visit(value, 0);
  } catch {
    return '[unreadable]';
  }
}

/** By its words, not by any part of it: a `secretary` and a `cookieCount` are no secrets. */
function isSecretName(name: string): boolean {
  if (!suspicious.test(name)) return false;
  if (name.toLowerCase() === 'payload') return true;
  const words = (name.match(wordsOfName) ?? []).map((word) => word.toLowerCase());
  const last = words.at(-1) ?? '';
  if (aboutSecrets.has(last)) return false;
  if (secretLastWord.test(last)) return true;
  return words.some(
    (word, at) =>
      secretWord.test(word) || (/^keys?$/.test(word) && whatKeysOpen.test(words[at - 1] ?? '')),
  );
}

/** A getter of a foreign object may throw. */
function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return '[unreadable]';
  }
}
