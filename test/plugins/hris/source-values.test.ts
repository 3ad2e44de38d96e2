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
  ['a TIME of MariaDB', '08:30:00', '08:30'],
  ['a TIME with a fraction', '08:30:00.000000', '08:30'],
  ['text', '23:59', '23:59'],
])('reads a time of day from %s', (_, value, expected) => {
  expect(row({ X: value }).time('X')).toBe(expected);
});

it.each([Buffer.from([1]), new Uint8Array([1])])('reads a BIT(1) from %p', (value) => {
  expect(row({ X: value }).flag('X')).toBe(true);
  expect(row({ X: Buffer.from([0]) }).flag('X')).toBe(false);
});

it.each(['0001-01-01', '2024-02-29', '9999-12-31'])('reads the date %s', (value) => {
  expect(row({ X: value }).date('X')).toBe(value);
});

it('reads a text that is as long as it may be, in characters', () => {
  expect(row({ X: '\u{1f41d}'.repeat(64) }).text('X', 64)).toBe('\u{1f41d}'.repeat(64));
});

const read = {
  int: (from: SourceRow) => from.int('X'),
  flag: (from: SourceRow) => from.flag('X'),
  text: (from: SourceRow) => from.text('X', 64),
  date: (from: SourceRow) => from.date('X'),
  time: (from: SourceRow) => from.time('X'),
  workDays: (from: SourceRow) => from.workDays('X'),
};
const [date, time] = ['a date that exists, YYYY-MM-DD', 'a time HH:MM of whole minutes'];

it.each([
  ['int', 'half', 'a whole number', '"half"'],
  ['int', 1.5, 'a whole number', '1.5'],
  ['int', Number.NaN, 'a whole number', 'NaN'],
  ['int', null, 'a whole number', 'null'],
  ['int', '', 'a whole number', '""'],
  ['int', new Date(0), 'a whole number', '"1970-01-01T00:00:00.000Z"'],
  ['int', 2 ** 31, 'a whole number from -2147483648 to 2147483647', '2147483648'],
  ['int', -(2n ** 40n), 'a whole number from -2147483648 to 2147483647', '-1099511627776'],
  ['int', Buffer.from([1]), 'a whole number', '1 bytes 0x01'],
  ['flag', Buffer.from('1'), 'a bit', '1 bytes 0x31'],
  ['flag', Buffer.from([0, 1]), 'a bit', '2 bytes 0x0001'],
  ['flag', 'yes', 'a whole number', '"yes"'],
  ['text', null, 'text', 'null'],
  ['text', 42, 'text', '42'],
  ['text', 'x'.repeat(65), 'text of at most 64 characters', `"${'x'.repeat(40)}"… (65 characters)`],
  ['date', '31.01.2024', date, '"31.01.2024"'],
  ['date', '0000-00-00', date, '"0000-00-00"'],
  ['date', '0000-01-01', date, '"0000-01-01"'],
  ['date', '2025-02-30', date, '"2025-02-30"'],
  ['date', '2025-02-00', date, '"2025-02-00"'],
  ['date', '2025-13-01', date, '"2025-13-01"'],
  ['date', '2025-02-28 00:00:00', date, '"2025-02-28 00:00:00"'],
  ['time', '24:00', time, '"24:00"'],
  ['time', '8:00', time, '"8:00"'],
  ['time', '08:00:30', time, '"08:00:30"'],
  ['time', '-08:00:00', time, '"-08:00:00"'],
  ['workDays', '11111', 'seven characters 0 or 1', '"11111"'],
] as const)('refuses as %s: %p, and says where it is', (kind, value, expected, shown) => {
  expect(() => read[kind](row({ X: value }))).toThrow(
    `TMS_Shift, row 7: X is ${shown}, expected ${expected}`,
  );
});

it('names a row whose key is no number', () => {
  const nameless = new SourceRow('TMS_Shift', { ID: 'seven', X: null });
  expect(() => nameless.int('X')).toThrow('TMS_Shift, row "seven": X is null');
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
