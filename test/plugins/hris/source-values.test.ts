// What HRIS rows may hold, in the types that drivers return, and the hash of a row.
import { rowHash } from '../../../src/plugins/hris/replication/row-hash.js';
import { SourceRow } from '../../../src/plugins/hris/replication/source-values.js';

const row = (values: Record<string, unknown>) => new SourceRow('TMS_Shift', { ID: 7, ...values });

it.each([
  ['a number', 5, 5],
  ['a number as text', '5', 5],
  ['a big integer', 5n, 5],
  ['a bit', true, 1],
])('reads a whole number from %s', (_, value, expected) => {
  expect(row({ X: value }).int('X')).toBe(expected);
});

it.each([0, false, '0'])('reads no from %p', (value) =>
  expect(row({ X: value }).flag('X')).toBe(false),
);
it.each([1, true, '1'])('reads yes from %p', (value) =>
  expect(row({ X: value }).flag('X')).toBe(true),
);

it('reads null where there may be none', () => {
  const values = row({ X: null, Y: '2024-01-31' });
  expect(values.optional('X', values.date)).toBeNull();
  expect(values.optional('Y', values.date)).toBe('2024-01-31');
});

it.each([
  ['int', 'half', 'a whole number'],
  ['int', 1.5, 'a whole number'],
  ['int', null, 'a whole number'],
  ['int', '', 'a whole number'],
  ['text', null, 'text'],
  ['text', 42, 'text'],
  ['date', '31.01.2024', 'a date YYYY-MM-DD'],
  ['time', '24:00', 'a time HH:MM'],
  ['time', '8:00', 'a time HH:MM'],
  ['workDays', '11111', 'seven characters 0 or 1'],
] as const)('refuses as %s: %p, and says where it is', (kind, value, expected) => {
  expect(() => row({ X: value })[kind]('X')).toThrow(
    `TMS_Shift, row 7: X is ${JSON.stringify(value)}, expected ${expected}`,
  );
});

it('has another hash for another value, and for a value in another place', () => {
  const hashes = [
    { a: 'x', b: null },
    { a: null, b: 'x' },
    { a: 'x', b: '' },
    { a: 'x', b: 'null' },
    { a: 'x', b: 0 },
  ].map(rowHash);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(rowHash({ a: 'x', b: null })).toBe(hashes[0]);
  expect(hashes[0]).toMatch(/^[\w-]{27}$/);
});
