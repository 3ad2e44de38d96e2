// Rule 1, and what rules 5 and 6 say about wall times: gaps, hours that happen twice, days without a midnight.
import { wallSeconds } from '../../../../src/plugins/attendance/rules/calendar.js';
import { SiteZone } from '../../../../src/plugins/attendance/rules/site-zone.js';
import { at, berlin, cairo, day, utcText } from './literals.js';

const wall = (text: string): number => {
  const seconds = wallSeconds(text);
  if (seconds === undefined) throw new RangeError(text);
  return seconds;
};

// Egypt: summer time from the last Friday of April, 00:00 becomes 01:00, to the last Thursday of October,
// whose last hour happens twice.
it.each([
  [
    'an ordinary winter time',
    cairo,
    '2024-01-15 08:00:00',
    '2024-01-15 06:00:00',
    '2024-01-15 06:00:00',
  ],
  [
    'an ordinary summer time',
    cairo,
    '2024-07-15 08:00:00',
    '2024-07-15 05:00:00',
    '2024-07-15 05:00:00',
  ],
  [
    'the last second before the gap',
    cairo,
    '2024-04-25 23:59:59',
    '2024-04-25 21:59:59',
    '2024-04-25 21:59:59',
  ],
  [
    'the first second of the gap',
    cairo,
    '2024-04-26 00:00:00',
    '2024-04-25 22:00:00',
    '2024-04-25 22:00:00',
  ],
  [
    'half past the start of the gap',
    cairo,
    '2024-04-26 00:30:00',
    '2024-04-25 22:30:00',
    '2024-04-25 22:30:00',
  ],
  [
    'the first second after the gap',
    cairo,
    '2024-04-26 01:00:00',
    '2024-04-25 22:00:00',
    '2024-04-25 22:00:00',
  ],
  [
    'the last second before the hour that repeats',
    cairo,
    '2024-10-31 22:59:59',
    '2024-10-31 19:59:59',
    '2024-10-31 19:59:59',
  ],
  [
    'the first second that happens twice',
    cairo,
    '2024-10-31 23:00:00',
    '2024-10-31 20:00:00',
    '2024-10-31 21:00:00',
  ],
  [
    'the last second that happens twice',
    cairo,
    '2024-10-31 23:59:59',
    '2024-10-31 20:59:59',
    '2024-10-31 21:59:59',
  ],
  [
    'the midnight after it',
    cairo,
    '2024-11-01 00:00:00',
    '2024-10-31 22:00:00',
    '2024-10-31 22:00:00',
  ],
  [
    'a time in the gap of Berlin',
    berlin,
    '2024-03-31 02:30:00',
    '2024-03-31 01:30:00',
    '2024-03-31 01:30:00',
  ],
  [
    'a time that Berlin has twice',
    berlin,
    '2024-10-27 02:30:00',
    '2024-10-27 00:30:00',
    '2024-10-27 01:30:00',
  ],
])('reads %s', (_, zone, text, first, second) => {
  expect(utcText(zone.instantOf(wall(text), 'first'))).toBe(first);
  expect(utcText(zone.instantOf(wall(text), 'second'))).toBe(second);
});

it('knows the local date on both sides of a change', () => {
  expect(cairo.dayOf(at('2024-04-25 21:59:59'))).toBe(day('2024-04-25'));
  expect(cairo.dayOf(at('2024-04-25 22:00:00'))).toBe(day('2024-04-26'));
  // Twice 23:30 on one Thursday, then Friday.
  expect(cairo.dayOf(at('2024-10-31 20:30:00'))).toBe(day('2024-10-31'));
  expect(cairo.dayOf(at('2024-10-31 21:30:00'))).toBe(day('2024-10-31'));
  expect(cairo.dayOf(at('2024-10-31 22:00:00'))).toBe(day('2024-11-01'));
});

it.each([
  ['a day of 24 hours', cairo, '2024-01-15', '2024-01-14 22:00:00', 24],
  ['a day without a midnight', cairo, '2024-04-26', '2024-04-25 22:00:00', 23],
  ['a day whose last hour repeats', cairo, '2024-10-31', '2024-10-30 21:00:00', 25],
  ['a short day of Berlin', berlin, '2024-03-31', '2024-03-30 23:00:00', 23],
  ['a long day of Berlin', berlin, '2024-10-27', '2024-10-26 22:00:00', 25],
  // Brazil had its change at midnight, too: 2018-11-04 began at 01:00.
  [
    'a day of São Paulo',
    new SiteZone('America/Sao_Paulo'),
    '2018-11-04',
    '2018-11-04 03:00:00',
    23,
  ],
])('begins and ends %s', (_, zone, date, from, hours) => {
  const start = zone.startOfDay(day(date));
  expect(utcText(start)).toBe(from);
  expect((zone.startOfDay(day(date) + 1) - start) / 3_600).toBe(hours);
});

it('begins a day at the end of a gap that swallows midnight and more', () => {
  // Newfoundland until 2011 changed at 00:01; Samoa left out 2011-12-30 as a whole.
  expect(utcText(new SiteZone('Pacific/Apia').startOfDay(day('2011-12-30')))).toBe(
    '2011-12-30 10:00:00',
  );
  expect(utcText(new SiteZone('Pacific/Apia').startOfDay(day('2011-12-31')))).toBe(
    '2011-12-30 10:00:00',
  );
});

it('says the same in whatever order it is asked', () => {
  const asked = [
    '2031-07-01 00:00',
    '1999-01-01 00:00',
    '2024-10-31 21:00',
    '2024-10-31 20:59',
    '2024-04-25 22:00',
  ];
  const offsets = (texts: string[]) => {
    const zone = new SiteZone('Africa/Cairo');
    return new Map(texts.map((text) => [text, zone.offsetAt(at(text)) / 3_600]));
  };
  expect(offsets(asked.toReversed())).toEqual(offsets(asked));
  expect(Object.fromEntries(offsets(asked))).toEqual({
    '2031-07-01 00:00': 3,
    '1999-01-01 00:00': 2,
    '2024-10-31 21:00': 2,
    '2024-10-31 20:59': 3,
    '2024-04-25 22:00': 3,
  });
});

it('refuses a zone that there is not', () => {
  expect(() => new SiteZone('Africa/Kairo')).toThrow(RangeError);
});
