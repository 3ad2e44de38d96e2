import { uniqueKey } from '../../src/core/dispatch/unique-key.js';
import type { JsonValue } from '../../src/core/json.js';
import type { UniqueRule } from '../../src/core/tasks/flow-options.js';

const rule = (key?: (payload: never) => unknown): UniqueRule => ({
  // What is no JSON comes from code without types.
  key: key as UniqueRule['key'],
  forMs: undefined,
  onDuplicate: 'return',
});
const keyOf = (payload: JsonValue, task = 'sync'): string =>
  uniqueKey(task, rule(), payload, payload);

test('the same payload gives the same key, in whichever order it was written', () => {
  const first = keyOf({ a: 1, b: { c: [1, { d: 2, e: 3 }], f: null } });
  expect(keyOf({ b: { f: null, c: [1, { e: 3, d: 2 }] }, a: 1 })).toBe(first);
});

test('other payloads give other keys', () => {
  const payloads: JsonValue[] = [
    null,
    {},
    [],
    '',
    0,
    false,
    '0',
    { a: 1 },
    { a: '1' },
    { a: [1, 2] },
    { a: [2, 1] },
    { ab: 1 },
    JSON.parse('{"__proto__":1}'),
    JSON.parse('{"__proto__":2}'),
  ];
  expect(new Set(payloads.map((payload) => keyOf(payload))).size).toBe(payloads.length);
});

test('tasks do not share keys, however long their codes are', () => {
  const long = 'x'.repeat(127);
  const keys = ['sync', 'sync_2', `${long}a`, `${long}b`].map((task) => keyOf(1, task));
  expect(new Set(keys).size).toBe(4);
});

test('a key names its task and hides its payload, and fits an envelope', () => {
  const key = keyOf({ password: 'hunter2', much: 'x'.repeat(10_000) }, 'y'.repeat(128));
  expect(key).toMatch(/^y{64}:[A-Za-z0-9_-]{43}$/);
  expect(key.length).toBeLessThanOrEqual(128);
});

test('a key function gets the payload as the task does', () => {
  const byDay = rule((day: Date) => day.toISOString());
  const key = uniqueKey('sync', byDay, '2026-01-01', new Date('2026-01-01'));
  expect(uniqueKey('sync', byDay, 'ignored', new Date('2026-01-01'))).toBe(key);
  expect(uniqueKey('sync', byDay, '2026-01-01', new Date('2026-01-02'))).not.toBe(key);
  const bare = rule((payload: unknown) => payload === undefined);
  expect(uniqueKey('sync', bare, null, undefined)).toBe(uniqueKey('sync', rule(), true, true));
});

test('a key may be any JSON, dates among it', () => {
  const itself = rule((value: unknown) => value);
  const [first, second] = ['2026-01-01', '2026-01-02'].map((day) =>
    uniqueKey('sync', itself, null, new Date(day)),
  );
  expect(first).not.toBe(second);
});

test.each([
  [
    'throws',
    () => {
      throw new TypeError('no customer');
    },
  ],
  ['gives nothing', () => undefined],
  ['gives a function', () => () => 1],
  ['gives a BigInt', () => 1n],
  ['gives a Set, which would be the same key for all', () => new Set([1])],
  ['gives NaN', () => Number.NaN],
  ['is asynchronous', async () => 'customer'],
])('a key function that %s is a mistake of the dispatch', (_, key) => {
  expect(() => uniqueKey('sync', rule(key), null, undefined)).toThrow(
    expect.objectContaining({
      code: 'SKEP_DISPATCH_INVALID',
      message: expect.stringContaining('the unique key of sync'),
    }),
  );
});
