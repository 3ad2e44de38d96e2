import { checkedJsonText, NotJson } from '../../src/core/json.js';

class Secretive {
  readonly #kept = 1;
  get kept(): number {
    return this.#kept;
  }
}
class Money {
  constructor(readonly cents: number) {}
  toJSON(): object {
    return { cents: this.cents };
  }
}
class Row {
  constructor(readonly id: number) {}
  name(): string {
    return `row ${this.id}`;
  }
}

const circle: Record<string, unknown> = { list: [] };
(circle.list as unknown[]).push({ back: circle });

function problemOf(value: unknown, takesDates = false): string {
  try {
    checkedJsonText(value, { takesDates });
  } catch (error) {
    if (error instanceof NotJson) return error.message;
    throw error;
  }
  return 'none';
}

describe('what is no JSON is refused with its path', () => {
  test.each<[string, object]>([
    ['RegExp', /a/],
    ['ArrayBuffer', new ArrayBuffer(1)],
    ['SharedArrayBuffer', new SharedArrayBuffer(1)],
    ['WeakMap', new WeakMap()],
    ['WeakRef', new WeakRef({})],
    ['WeakSet', new WeakSet()],
  ])('refuses a %s also when JSON would take a property that somebody gave it', (kind, value) => {
    const named = Object.assign(value, { label: 'mine' });
    expect(problemOf({ named })).toMatch(new RegExp(`^\\$\\.named is an? ${kind}`));
  });

  test('an object that stands in several places holds itself in none of them', () => {
    const shared = { id: 1 };
    expect(problemOf({ first: shared, second: shared, sum: 1n })).toMatch(/^\$\.sum is a bigint/);
  });

  test.each<[unknown, RegExp]>([
    [
      { items: [{}, {}, {}, { when: new Date(0) }] },
      /^\$\.items\[3\]\.when is a Date.*toISOString/,
    ],
    [new Date(0), /^\$ is a Date/],
    [{ at: new Date(Number.NaN) }, /^\$\.at is an invalid Date/],
    [{ seen: new Map([['a', 1]]) }, /^\$\.seen is a Map.*Object\.fromEntries/],
    [{ seen: new Set([1]) }, /^\$\.seen is a Set.*\[\.\.\.set\]/],
    [{ of: new WeakMap() }, /^\$\.of is a WeakMap/],
    [{ callback: () => 1 }, /^\$\.callback is a function/],
    [[Symbol('s')], /^\$\[0\] is a symbol/],
    [{ rate: Number.NaN }, /^\$\.rate is NaN/],
    [{ 'a b': [Number.POSITIVE_INFINITY] }, /^\$\["a b"\]\[0\] is Infinity/],
    [{ n: { id: 1n } }, /^\$\.n\.id is a bigint.*String\(value\)/],
    [{ bytes: new Uint8Array([1]) }, /^\$\.bytes is a Uint8Array.*base64/],
    [{ bytes: Buffer.from('a') }, /^\$\.bytes is a Buffer.*base64/],
    [{ bytes: new ArrayBuffer(1) }, /^\$\.bytes is an? ArrayBuffer/],
    [{ pattern: /a/ }, /^\$\.pattern is a RegExp/],
    [{ error: Object.assign(new RangeError('no'), { code: 'E' }) }, /^\$\.error is a RangeError/],
    [{ later: Promise.resolve(1) }, /^\$\.later is a Promise.*await/],
    [{ secretive: new Secretive() }, /^\$\.secretive is a Secretive, of which JSON keeps nothing/],
    [circle, /^\$\.list\[0\]\.back is an object that holds itself/],
    [{ money: { toJSON: () => new Map() } }, /^\$\.money is a Map/],
    [{ list: Object.assign([1], { toJSON: () => new Map() }) }, /^\$\.list is a Map/],
    [{ rates: [Object(Number.NaN)] }, /^\$\.rates\[0\] is NaN/],
    [{ n: Object(1n) }, /^\$\.n is a bigint.*String\(value\)/],
  ])('%p', (value, expected) => {
    expect(problemOf(value)).toMatch(expected);
  });

  test('a symbol in a box', () => {
    // Not in the table: its title would have to say the symbol.
    expect(problemOf({ of: Object(Symbol('s')) })).toBe('$.of is a symbol');
  });

  test('a getter that throws, and what is nested deeper than can be read', () => {
    const hostile = Object.defineProperty({}, 'row', {
      enumerable: true,
      get: () => {
        throw new Error('gone');
      },
    });
    expect(problemOf(hostile)).toBe('gone');
    let deep: unknown = 1;
    for (let n = 0; n < 100_000; n++) deep = [deep];
    expect(problemOf(deep)).toMatch(/nested|stack/);
  });
});

describe('what JSON says as it is', () => {
  test.each<[unknown, string | undefined]>([
    [undefined, undefined],
    [null, 'null'],
    [{ a: undefined, b: null, c: [undefined, 'x'] }, '{"b":null,"c":[null,"x"]}'],
    [{}, '{}'],
    [Object.create(null), '{}'],
    [new Row(3), '{"id":3}'],
    [new Money(5), '{"cents":5}'],
    [[new URL('http://h/')], '["http://h/"]'],
    [-0, '0'],
    [[Object(1), Object('a'), Object(true)], '[1,"a",true]'],
    [Object.assign([1], { toJSON: () => 'list' }), '"list"'],
  ])('%p', (value, text) => {
    expect(checkedJsonText(value, { takesDates: false })).toBe(text);
  });

  test('the same object twice is no circle', () => {
    const one = { n: 1 };
    expect(checkedJsonText([one, one], { takesDates: false })).toBe('[{"n":1},{"n":1}]');
  });

  test('a Date where a schema judges the text that it becomes', () => {
    const text = checkedJsonText({ at: new Date(0) }, { takesDates: true });
    expect(text).toBe('{"at":"1970-01-01T00:00:00.000Z"}');
    expect(problemOf({ at: new Date(Number.NaN) }, true)).toMatch(/invalid Date/);
    expect(problemOf({ seen: new Map() }, true)).toMatch(/a Map/);
  });
});
