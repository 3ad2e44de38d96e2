import {
  nextFire,
  patternProblem,
  plainPattern,
  type Timetable,
} from '../../../../src/plugins/scheduler/timetable/next-fire.js';

const timetable = (expression: string, zone = 'UTC', rest: Partial<Timetable> = {}): Timetable => ({
  kind: 'cron',
  expression,
  zone,
  startsAt: undefined,
  endsAt: undefined,
  ...rest,
});

/** The next times, ISO 8601 without seconds and milliseconds. */
function times(of: Timetable, from: string, count: number): string[] {
  const found: string[] = [];
  let after: number | undefined = Date.parse(from);
  while (found.length < count) {
    after = nextFire(of, after);
    if (after === undefined) break;
    found.push(new Date(after).toISOString().replace(/:00\.000Z$/, 'Z'));
  }
  return found;
}

test.each([
  ['@yearly', ['2027-01-01T00:00Z', '2028-01-01T00:00Z']],
  ['@annually', ['2027-01-01T00:00Z', '2028-01-01T00:00Z']],
  ['@monthly', ['2026-04-01T00:00Z', '2026-05-01T00:00Z']],
  // 29 March 2026 is a Sunday.
  ['@weekly', ['2026-03-29T00:00Z', '2026-04-05T00:00Z']],
  ['@daily', ['2026-03-26T00:00Z', '2026-03-27T00:00Z']],
  ['@midnight', ['2026-03-26T00:00Z', '2026-03-27T00:00Z']],
  [' @Hourly ', ['2026-03-25T13:00Z', '2026-03-25T14:00Z']],
])('%s is a pattern', (name, expected) => {
  expect(patternProblem(name)).toBeUndefined();
  expect(times(timetable(name), '2026-03-25T12:30Z', 2)).toEqual(expected);
  expect(plainPattern(name)).toMatch(/^0 /);
});

describe('times worked out by hand', () => {
  // zone, pattern, from, the next times in UTC
  test.each<[string, string, string, string[]]>([
    // Clocks go from 00:00 to 01:00 on the last Friday of April, back from 24:00 on the last Thursday of October.
    [
      'Africa/Cairo',
      '30 0 * * *',
      '2026-04-22T22:00Z',
      ['2026-04-22T22:30Z', '2026-04-23T22:00Z', '2026-04-24T21:30Z'],
    ],
    [
      'Africa/Cairo',
      '30 23 * * *',
      '2026-10-28T21:00Z',
      ['2026-10-29T20:30Z', '2026-10-30T21:30Z'],
    ],
    // No summer time.
    ['Asia/Dubai', '0 2 * * *', '2026-03-28T12:00Z', ['2026-03-28T22:00Z', '2026-03-29T22:00Z']],
    [
      'Asia/Kolkata',
      '0 9 * * MON-FRI',
      '2026-01-02T04:00Z',
      ['2026-01-05T03:30Z', '2026-01-06T03:30Z'],
    ],
    // 02:00 to 03:00 on 29 March 2026, 03:00 to 02:00 on 25 October.
    [
      'Europe/Berlin',
      '30 2 * * *',
      '2026-03-28T00:00Z',
      ['2026-03-28T01:30Z', '2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    [
      'Europe/Berlin',
      '30 2 * * *',
      '2026-10-24T00:00Z',
      ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    // A quarter of an hour, over the gap: its four times are its end, and the end is one time.
    [
      'Europe/Berlin',
      '*/15 1-3 * * *',
      '2026-03-29T00:29Z',
      ['2026-03-29T00:30Z', '2026-03-29T00:45Z', '2026-03-29T01:00Z', '2026-03-29T01:15Z'],
    ],
    // Those of the repeated hour come once, at its first pass.
    [
      'Europe/Berlin',
      '*/30 * * * *',
      '2026-10-24T23:59Z',
      ['2026-10-25T00:00Z', '2026-10-25T00:30Z', '2026-10-25T02:00Z'],
    ],
    // Asked in the second pass.
    ['Europe/Berlin', '45 2 * * *', '2026-10-25T01:10Z', ['2026-10-26T01:45Z']],
    // 02:00 to 03:00 on 8 March 2026, 02:00 to 01:00 on 1 November.
    [
      'America/New_York',
      '15 2 * * *',
      '2026-03-07T12:00Z',
      ['2026-03-08T07:00Z', '2026-03-09T06:15Z'],
    ],
    [
      'America/New_York',
      '30 1 * * *',
      '2026-10-31T12:00Z',
      ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
    // Half an hour: 02:00 to 02:30 on 4 October 2026, 02:00 to 01:30 on 5 April.
    [
      'Australia/Lord_Howe',
      '15 2 * * *',
      '2026-10-03T00:00Z',
      ['2026-10-03T15:30Z', '2026-10-04T15:15Z'],
    ],
    [
      'Australia/Lord_Howe',
      '45 1 * * *',
      '2026-04-03T20:00Z',
      ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
    // Midnight did not exist on 4 November 2018.
    [
      'America/Sao_Paulo',
      '0 0 * * *',
      '2018-11-03T00:00Z',
      ['2018-11-03T03:00Z', '2018-11-04T03:00Z', '2018-11-05T02:00Z'],
    ],
    ['America/Sao_Paulo', '30 0 * * *', '2026-03-01T00:00Z', ['2026-03-01T03:30Z']],
    // 30 December 2011 did not exist: its noon is the end of the gap.
    [
      'Pacific/Apia',
      '0 12 * * *',
      '2011-12-29T00:00Z',
      ['2011-12-29T22:00Z', '2011-12-30T10:00Z', '2011-12-30T22:00Z'],
    ],
    // The ends of months, leap years, the turn of the year.
    ['UTC', '0 0 31 * *', '2026-01-31T12:00Z', ['2026-03-31T00:00Z', '2026-05-31T00:00Z']],
    ['UTC', '0 0 L * *', '2027-02-01T00:00Z', ['2027-02-28T00:00Z', '2027-03-31T00:00Z']],
    ['UTC', '0 12 29 2 *', '2026-01-01T00:00Z', ['2028-02-29T12:00Z', '2032-02-29T12:00Z']],
    ['UTC', '0 0 29 2 *', '2096-03-01T00:00Z', ['2104-02-29T00:00Z']],
    ['Asia/Dubai', '0 0 1 1 *', '2026-06-01T00:00Z', ['2026-12-31T20:00Z', '2027-12-31T20:00Z']],
    ['UTC', '59 23 31 12 *', '2026-12-31T23:58Z', ['2026-12-31T23:59Z', '2027-12-31T23:59Z']],
    // A day of the month or a weekday, as cron has it.
    ['UTC', '0 0 13 * FRI', '2026-02-01T00:00Z', ['2026-02-06T00:00Z', '2026-02-13T00:00Z']],
  ])('%s %s after %s', (zone, pattern, from, expected) => {
    expect(times(timetable(pattern, zone), from, expected.length)).toEqual(expected);
  });

  test('six fields begin with the second', () => {
    const at = nextFire(timetable('15 30 2 * * *'), Date.parse('2026-01-01T02:30:15Z'));
    expect(at).toBe(Date.parse('2026-01-02T02:30:15Z'));
  });
});

/** Every clock of these zones changes at a quarter of an hour. */
const stepMs = 15 * 60_000;

/** All wall times by Intl, step by step: another implementation of zones than the one under test. */
function wallTimes(zone: string, from: number, until: number): { wall: string; at: number }[] {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const walls: { wall: string; at: number }[] = [];
  for (let at = from; at < until; at += stepMs) walls.push({ wall: format.format(at), at });
  return walls;
}

/** When a pattern of one minute and one hour is due, found by going through all of them. */
function byExhaustion(walls: ReturnType<typeof wallTimes>, clock: string): number[] {
  const [hour = '', minute = ''] = clock.split(':');
  const wanted = Number(hour) * 60 + Number(minute);
  const found: number[] = [];
  let previous: string | undefined;
  const done = new Set<string>();
  for (const { wall, at } of walls) {
    const [date = '', time = ''] = wall.split(' ');
    const [h = '', m = ''] = time.split(':');
    const is = Number(h) * 60 + Number(m);
    const before = previous?.startsWith(date) ? minutesOf(previous) : -1;
    // Shown now, or passed over since the step before.
    const comes = is === wanted || (before < wanted && is > wanted);
    if (comes && previous !== undefined && !done.has(date)) {
      done.add(date);
      found.push(at);
    }
    previous = wall;
  }
  return found;
}

const minutesOf = (wall: string): number =>
  Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));

describe('times found by going through the year with Intl', () => {
  const zones = [
    'Africa/Cairo',
    'Asia/Dubai',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
  ];
  const more = ['America/Sao_Paulo', 'Asia/Kolkata', 'Pacific/Apia', 'Africa/Casablanca', 'UTC'];
  const clocks = ['00:00', '00:30', '01:45', '02:00', '02:15', '02:45', '03:00', '23:30'];
  const from = Date.parse('2026-01-01T00:00:00Z');
  const until = Date.parse('2026-12-31T00:00:00Z');

  test.each([...zones, ...more])('%s', (zone) => {
    const walls = wallTimes(zone, from, until);
    for (const clock of clocks) {
      const [hour, minute] = clock.split(':').map(Number);
      const of = timetable(`${minute} ${hour} * * *`, zone);
      const expected = byExhaustion(walls, clock);
      const [first = 0] = expected;
      const found: number[] = [];
      let at: number | undefined = first;
      while (at !== undefined && at < until) {
        found.push(at);
        at = nextFire(of, at);
      }
      expect(found.map((ms) => new Date(ms).toISOString())).toEqual(
        expected.map((ms) => new Date(ms).toISOString()),
      );
    }
  });
});

describe('intervals, dates, beginnings and ends', () => {
  const interval = (expression: string, rest: Partial<Timetable> = {}) =>
    timetable(expression, 'UTC', { kind: 'interval', ...rest });

  test('an interval is counted from its start, whoever asks and when', () => {
    const startsAt = Date.parse('2026-01-01T00:07:00Z');
    const quarter = interval('15m', { startsAt });
    expect(times(quarter, '2020-01-01T00:00Z', 2)).toEqual([
      '2026-01-01T00:07Z',
      '2026-01-01T00:22Z',
    ]);
    expect(times(quarter, '2026-01-01T00:23Z', 1)).toEqual(['2026-01-01T00:37Z']);
    expect(times(interval('15m'), '2026-01-01T00:23Z', 1)).toEqual(['2026-01-01T00:30Z']);
  });

  test('a date comes once', () => {
    const once = timetable('2026-04-01T02:00:00.000Z', 'UTC', { kind: 'date' });
    expect(times(once, '2026-01-01T00:00Z', 5)).toEqual(['2026-04-01T02:00Z']);
    expect(times(once, '2026-04-01T02:00Z', 5)).toEqual([]);
  });

  test('nothing before the start, nothing after the end, both included', () => {
    const startsAt = Date.parse('2026-03-01T00:00:00Z');
    const endsAt = Date.parse('2026-03-02T00:00:00Z');
    const daily = timetable('0 0 * * *', 'UTC', { startsAt, endsAt });
    expect(times(daily, '2026-01-01T00:00Z', 5)).toEqual([
      '2026-03-01T00:00Z',
      '2026-03-02T00:00Z',
    ]);
  });
});

test.each([
  ['61 * * * *', /minute/],
  ['* * * *', /five fields/],
  ['0 0 0 1 1 * 2026', /five fields/],
  ['@reboot', /expected one of @yearly/],
  ['@dayly', /Did you mean "@daily"/],
  ['', /five fields/],
  ['0 2 * * XYZ', /./],
  ['0 0 30 2 *', /never|no day/],
])('"%s" is no pattern', (pattern, why) => {
  expect(patternProblem(pattern)).toMatch(why);
});
