// Which names say that what stands under them is a secret: by their words, and by the list in plugins.json.

/** A quick look that finds more than the secrets: only what it finds is taken apart into words. */
const suspicious =
  /pass|pwd|secret|token|key|auth|cookie|cred|payload|session|\bpin\b|pin$|otp|cvv|cvc|card|dsn|connection|sign|\bsig\b|salt|ssn|iban|bearer/i;
/** `clientSecret` is client and secret, `APIKey` is API and key, `X-API-KEY` is three words. */
const wordsOfName = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+/gu;
/** Secret wherever they stand in a name: `cookieHeader`, `secretAccessKey`. The beginning may be written without a gap. */
const secretWord =
  /(secret|cookie|credential|(api|private|access|secret)key)s?$|^(authorization|creds)$/;
/** Secret as the last word only: a `tokenCount` and a `passwordPolicy` are none. */
const secretLastWord =
  /(password|passwd|passphrase|passwort|passcode|pwd)s?$|token$|^(pass|auth|pin|otp|cvv|cvc|dsn|salt|signature|sig|ssn|iban|bearer)$/;
/** A key is a secret by what it opens. */
const whatKeysOpen = /^(api|private|access|secret|signing|encryption)$/;
/** Tokens are secrets by what they are for; a number of them is none. */
const whatTokensAreFor = /^(access|refresh|auth|api|session|id|bearer)$/;
/** Secret as two words, or as one without a gap. */
const secretPair =
  /(password|token)(hash|digest)$|session(id)?$|connectionstring$|(card|account)number$/;
/** Words for facts about a secret that do not reveal it: `cookieCount`, `secretName`. */
const aboutSecrets = new Set([
  'count',
  'length',
  'name',
  'number',
  'size',
  'total',
  'timeout',
  'ttl',
]);

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_\s]/g, '');

let everywhere: ReadonlySet<string> = new Set();
let byTask: ReadonlyMap<string, ReadonlySet<string>> = new Map();

export interface SecretFields {
  /** Names that are secret everywhere. */
  readonly everywhere?: readonly string[];
  /** By task code: names in its payload, its result and its log lines. */
  readonly byTask?: ReadonlyMap<string, readonly string[]>;
}

/** Names further fields, in place of those that were named before. Capitals, `-` and `_` make no difference. */
export function nameSecretFields(fields: SecretFields): void {
  everywhere = new Set((fields.everywhere ?? []).map(plain));
  byTask = new Map(
    [...(fields.byTask ?? [])].map(([task, names]) => [task, new Set(names.map(plain))]),
  );
}

/**
 * Whether a field of this name is a secret. By its words, not by any part of it: a `secretary` and a `cookieCount` are none.
 * @param task whose data it stands in, as far as that is known
 */
export function isSecretName(name: string, task?: string): boolean {
  if (everywhere.size > 0 && everywhere.has(plain(name))) return true;
  if (task !== undefined && byTask.get(task)?.has(plain(name))) return true;
  // A name of such a length is none, and taking it apart would cost as much as it is long.
  if (name.length > 200 || !suspicious.test(name)) return false;
  if (name.toLowerCase() === 'payload') return true;
  const words = (name.match(wordsOfName) ?? []).map((word) => word.toLowerCase());
  const last = words.at(-1) ?? '';
  if (secretPair.test(plain(name))) return true;
  if (aboutSecrets.has(last)) return false;
  if (secretLastWord.test(last)) return true;
  const before = words.at(-2);
  if (last === 'tokens') return before === undefined || whatTokensAreFor.test(before);
  return words.some(
    (word, at) =>
      secretWord.test(word) || (/^keys?$/.test(word) && whatKeysOpen.test(words[at - 1] ?? '')),
  );
}
