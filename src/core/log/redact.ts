// Takes secrets out of what is logged, shown or stored, and bounds it: fields with secret names, texts that look like
// secrets, and the passwords that Skep was given.
import { withoutKnownSecrets } from './known-secrets.js';
import { currentRunFields } from './run-fields.js';
import { isSecretName } from './secret-names.js';
import { mask, withoutSecretForms } from './secret-texts.js';

/** Characters of a text that are kept. */
const longestText = 16_000;
/** Searched beyond them, so that a secret that begins before the end is seen whole. */
const margin = 2_000;
/** Of a whole value. */
const most = { nodes: 2_000, keys: 2_000, characters: 64_000 } as const;
const deepest = 6;

/** Names under which an object holds the name of what it has as its value: `{ name: 'password', value: … }`. */
const namesOfNames = ['name', 'key', 'header', 'field'];

export interface RedactOptions {
  /** Whose data it is: its own secret fields count, too. The task of the present run when absent. */
  readonly task?: string | undefined;
}

/** A text with its secrets masked, and no longer than 16,000 characters. */
export function redactText(given: string): string {
  // What a damaged record holds in place of a text is one for whoever looks at it.
  const text = typeof given === 'string' ? given : String(given);
  const searched = text.slice(0, longestText + margin);
  const safe = withoutKnownSecrets(
    withoutSecretForms(searched, searched.length < text.length),
    mask,
  );
  return text.length <= longestText ? safe : `${safe.slice(0, longestText)}…`;
}

/**
 * A copy of a value with fields of secret names masked and texts redacted, at most six levels deep and bounded in size,
 * whatever it refers to. Bytes are told by their number. Never throws.
 *
 * @example redact({ user: 'ada', password: 'x' }) // { user: 'ada', password: '[redacted]' }
 */
export function redact(value: unknown, options: RedactOptions = {}): unknown {
  try {
    return new Redaction(options.task ?? currentRunFields()?.task).of(value, 0);
  } catch {
    return '[unreadable]';
  }
}

/** One value, with what is left of its bounds. */
class Redaction {
  #nodes: number = most.nodes;
  #keys: number = most.keys;
  #characters: number = most.characters;

  constructor(private readonly task: string | undefined) {}

  of(at: unknown, depth: number): unknown {
    if (typeof at === 'string') return this.#text(at);
    if (typeof at === 'bigint') return at.toString();
    if (typeof at === 'function' || typeof at === 'symbol') return `[${typeof at}]`;
    if (typeof at !== 'object' || at === null) return at;
    if (at instanceof Date) return Number.isNaN(at.getTime()) ? '[no date]' : at;
    if (ArrayBuffer.isView(at) || at instanceof ArrayBuffer || at instanceof SharedArrayBuffer) {
      return `[${at.byteLength.toLocaleString('en-US')} bytes]`;
    }
    if (depth >= deepest) return '[deep]';
    this.#nodes -= 1;
    if (this.#nodes < 0) return '[more]';
    if (at instanceof Error)
      return { name: this.#text(String(at.name)), message: this.#text(String(at.message)) };
    if (Array.isArray(at)) return this.#list(at, depth);
    if (at instanceof Map) return this.#list([...firstOf(at.entries(), this.#keys)], depth);
    if (at instanceof Set) return this.#list([...firstOf(at.values(), this.#keys)], depth);
    return this.#object(at, depth);
  }

  #text(text: string): string {
    if (this.#characters <= 0) return '[more]';
    const safe = redactText(
      text.length <= this.#characters ? text : `${text.slice(0, this.#characters)}…`,
    );
    this.#characters -= Math.min(text.length, longestText);
    return safe;
  }

  #list(list: readonly unknown[], depth: number): unknown[] {
    const copy: unknown[] = [];
    for (let index = 0; index < list.length; index += 1) {
      this.#keys -= 1;
      if (this.#keys < 0) return [...copy, '[more]'];
      // `['authorization', '…']` and `['--password', '…']`, as headers and command lines are.
      const before = index === 0 ? undefined : list[index - 1];
      const isNamed = typeof before === 'string' && this.#isSecret(before.replace(/^--?/, ''));
      const isPair = isNamed && (before.startsWith('-') || (index === 1 && list.length === 2));
      copy.push(isPair ? mask : this.of(list[index], depth + 1));
    }
    return copy;
  }

  #object(object: object, depth: number): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    const isNamed = namesOfNames.some((name) => {
      const text = Object.hasOwn(object, name) ? read(object, name) : undefined;
      return typeof text === 'string' && this.#isSecret(text);
    });
    for (const key in object) {
      if (!Object.hasOwn(object, key)) continue;
      this.#keys -= 1;
      if (this.#keys < 0) {
        copy['…'] = '[more]';
        break;
      }
      const isSecret = this.#isSecret(key) || (isNamed && key === 'value');
      const value = isSecret ? mask : this.of(read(object, key), depth + 1);
      // A name is a text, too: somebody may have made it, and it may be long.
      define(copy, key.length > 200 ? `${key.slice(0, 200)}…` : key, value);
      this.#characters -= Math.min(key.length, 200);
    }
    return copy;
  }

  #isSecret(name: string): boolean {
    return isSecretName(name, this.task);
  }
}

function* firstOf<T>(values: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const value of values) {
    if (left <= 0) return;
    left -= 1;
    yield value;
  }
}

/** `__proto__` stays a field. */
function define(copy: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') copy[key] = value;
  else
    Object.defineProperty(copy, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

/** A getter of a foreign object may throw. */
function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return '[unreadable]';
  }
}
