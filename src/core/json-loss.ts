// Finds what a value would lose as JSON. It is on the way of every dispatch and every result, so plain data costs one
// visit and no allocation, and a path is made only when something was found.

export interface LossRules {
  /** A valid Date is no loss. */
  readonly takesDates: boolean;
  /** A bigint is no loss: somebody gave bigints a `toJSON`. */
  readonly bigints: boolean;
  /** The objects around the value, where circles are possible; undefined where they are not. */
  readonly above: Set<object> | undefined;
}

/** What was found, and the way to it from the inside out. */
interface Loss {
  readonly what: string;
  readonly path: (string | number)[];
}

/** `$.items[3].when is a Date; …` for the first value that JSON cannot say; undefined for plain data. */
export function lossOf(value: unknown, rules: LossRules): string | undefined {
  const loss = find(value, rules);
  return loss && `${pathText(loss.path)} is ${loss.what}`;
}

const madeNull = ', which JSON makes null';
const bigint = 'a bigint; send String(value)';

function find(value: unknown, rules: LossRules): Loss | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : lost(`${value}${madeNull}`);
    case 'object':
      return value === null ? undefined : findInObject(value, rules);
    case 'bigint':
      return rules.bigints ? undefined : lost(bigint);
    case 'function':
    case 'symbol':
      return lost(`a ${typeof value}`);
    default:
      return undefined;
  }
}

function findInObject(value: object, rules: LossRules): Loss | undefined {
  const { above } = rules;
  if (above === undefined) return findBelow(value, rules);
  if (above.has(value)) return lost('an object that holds itself');
  above.add(value);
  const found = findBelow(value, rules);
  above.delete(value);
  return found;
}

function findBelow(value: object, rules: LossRules): Loss | undefined {
  if (Array.isArray(value)) {
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON === 'function') return findInGiven(value, toJSON.call(value, ''), rules);
    for (let at = 0; at < value.length; at++) {
      const found = find(value[at], rules);
      if (found) return within(found, at);
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === Object.prototype || prototype === null;
  if (!plain) {
    const what = lossOfKind(value, rules);
    if (what !== undefined) return lost(what);
  }
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === 'function') return findInGiven(value, toJSON.call(value, ''), rules);
  if (!plain && isEmptyInstance(value)) {
    return lost(`${article(nameOf(value))}, of which JSON keeps nothing`);
  }
  return findInKeys(value, rules);
}

/** @param given what the object's own `toJSON` gave. */
function findInGiven(value: object, given: unknown, rules: LossRules): Loss | undefined {
  return given === value ? findInKeys(value, rules) : find(given, rules);
}

function findInKeys(value: object, rules: LossRules): Loss | undefined {
  for (const key of Object.keys(value)) {
    const found = find((value as Record<string, unknown>)[key], rules);
    if (found) return within(found, key);
  }
  return undefined;
}

/** What is wrong with an object that is no plain one, by its kind; undefined when its properties decide. */
function lossOfKind(value: object, { takesDates, bigints }: LossRules): string | undefined {
  if (ArrayBuffer.isView(value)) return `${article(nameOf(value))}; send it as base64`;
  // Not by class: the value may come from another realm.
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  switch (kind) {
    case 'Date':
      if (Number.isNaN((value as Date).getTime())) return 'an invalid Date';
      return takesDates ? undefined : 'a Date; send date.toISOString()';
    // What is in a box, such as Object(1n), is lost like what is in none.
    case 'Number':
      return Number.isFinite(Number(value)) ? undefined : `${Number(value)}${madeNull}`;
    case 'BigInt':
      return bigints ? undefined : bigint;
    case 'Symbol':
      return 'a symbol';
    case 'Map':
      return 'a Map; send Object.fromEntries(map)';
    case 'Set':
      return 'a Set; send [...set]';
    case 'Promise':
      return 'a Promise; is an await missing?';
    case 'Error':
      return `${article(nameOf(value))}; send what you need of it, such as its message`;
    case 'ArrayBuffer':
    case 'SharedArrayBuffer':
    case 'RegExp':
    case 'WeakMap':
    case 'WeakRef':
    case 'WeakSet':
      return article(kind);
    default:
      return undefined;
  }
}

/** An instance of a class without one property of its own that JSON would take; no plain object of another realm. */
function isEmptyInstance(value: object): boolean {
  if (Object.keys(value).length > 0) return false;
  const prototype: object = Object.getPrototypeOf(value);
  const isPlain = Object.getPrototypeOf(prototype) === null && nameOf(value) === 'Object';
  // Strings, numbers and booleans in a box are said as what is in it.
  return !isPlain && typeof value.valueOf() === 'object';
}

/** The name of its class, as far as it tells. */
function nameOf(value: object): string {
  const { constructor: made } = value;
  return typeof made === 'function' && made.name !== '' ? made.name : 'object of a class';
}

const article = (name: string): string => `${/^(?!Ui)[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;

const lost = (what: string): Loss => ({ what, path: [] });

function within(loss: Loss, key: string | number): Loss {
  loss.path.push(key);
  return loss;
}

const pathText = (path: readonly (string | number)[]): string =>
  `$${path
    .toReversed()
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
    })
    .join('')}`;
