// Rules 7 to 10: taps, the result of a day, its status, and which days there are.
import { type DayResult, dayResult } from '../../../../src/plugins/attendance/rules/day-result.js';
import {
  employmentDays,
  lastClosedDay,
  noDays,
} from '../../../../src/plugins/attendance/rules/employment-days.js';
import { Schedule } from '../../../../src/plugins/attendance/rules/schedule.js';
import { collapse } from '../../../../src/plugins/attendance/rules/taps.js';
import { always, assigned, at, cairo, day, shift, utc } from './literals.js';

describe('repeated taps', () => {
  it.each([
    ['none', [], [], 0],
    ['119 seconds after the last kept one', [0, 119], [0], 1],
    ['exactly 120 seconds after it', [0, 120], [0, 120], 0],
    // 130 is 30 after the collapsed 100, but 130 after the kept 0.
    ['a chain, measured from the kept one', [0, 100, 130, 240, 250], [0, 130, 250], 2],
    ['the same second twice', [50, 50], [50], 1],
  ])('%s', (_, instants, kept, collapsed) => {
    expect(collapse(instants, 120)).toEqual({ kept, collapsed });
  });
});

describe('the result of a day', () => {
  const office = always(cairo, { id: 7, hours: '08:00-16:00', grace: [10, 5] });
  // In winter 08:00 in Cairo is 06:00 UTC.
  const result = (taps: string[], schedule: Schedule = office): DayResult =>
    dayResult(
      schedule.on(day('2024-01-15')),
      collapse(
        taps.map((time) => at(`2024-01-15 ${time}`)),
        120,
      ),
    );

  it('of a full day', () => {
    expect(result(['05:58:30', '10:00:00', '14:03:00'])).toEqual({
      shiftId: 7,
      status: 'present',
      firstIn: at('2024-01-15 05:58:30'),
      lastOut: at('2024-01-15 14:03:00'),
      workedMinutes: 484,
      lateMinutes: 0,
      earlyMinutes: 0,
      taps: 3,
      collapsed: 0,
    });
  });

  it.each([
    ['on the last second of the grace', ['06:10:59', '14:00:00'], 'present', 0, 0],
    ['a minute beyond the grace: all minutes count', ['06:11:00', '14:00:00'], 'late', 11, 0],
    [
      'gone 5 minutes and 59 seconds early, within the grace',
      ['06:00:00', '13:54:01'],
      'present',
      0,
      0,
    ],
    ['gone 6 minutes early', ['06:00:00', '13:54:00'], 'early_leave', 0, 6],
    ['late and early: late', ['06:30:00', '13:00:00'], 'late', 30, 60],
    ['before the start', ['05:00:00', '15:00:00'], 'present', 0, 0],
  ])('%s', (_, taps, status, lateMinutes, earlyMinutes) => {
    expect(result(taps)).toMatchObject({ status, lateMinutes, earlyMinutes });
  });

  it('with one kept tap, however often it was repeated', () => {
    expect(result(['07:00:00', '07:01:00', '07:01:59'])).toEqual({
      shiftId: 7,
      status: 'incomplete',
      firstIn: at('2024-01-15 07:00:00'),
      lastOut: null,
      workedMinutes: 0,
      lateMinutes: 0,
      earlyMinutes: 0,
      taps: 1,
      collapsed: 2,
    });
  });

  it('takes the last kept tap, not a collapsed one', () => {
    const { lastOut, collapsed } = result(['06:00:00', '14:00:00', '14:01:00']);
    expect([lastOut, collapsed]).toEqual([at('2024-01-15 14:00:00'), 1]);
  });

  it('without a tap', () => {
    expect(result([])).toMatchObject({
      status: 'absent',
      firstIn: null,
      lastOut: null,
      workedMinutes: 0,
    });
  });

  it('of an off day: its time is counted, nothing is late', () => {
    const off = new Schedule(cairo, []);
    expect(result([], off)).toMatchObject({ shiftId: null, status: 'off', firstIn: null });
    expect(result(['09:00:00', '11:00:59'], off)).toMatchObject({
      status: 'off',
      firstIn: at('2024-01-15 09:00:00'),
      lastOut: at('2024-01-15 11:00:59'),
      workedMinutes: 120,
      lateMinutes: 0,
      earlyMinutes: 0,
    });
  });

  it('of a night that loses an hour: worked time is real time', () => {
    const night = always(cairo, { hours: '22:00-06:00' });
    const taps = collapse([at('2024-04-25 20:00:00'), at('2024-04-26 03:00:00')], 120);
    expect(dayResult(night.on(day('2024-04-25')), taps)).toMatchObject({
      status: 'present',
      workedMinutes: 420,
    });
  });
});

describe('the days of an employee', () => {
  const [hireDay, firstDay] = [day('2024-03-01'), day('2024-02-01')];
  it.each([
    [
      'employed',
      { hireDay, terminationDay: undefined, active: true },
      firstDay,
      { first: hireDay, last: Infinity },
    ],
    [
      'here before the site',
      { hireDay, terminationDay: undefined, active: true },
      hireDay + 5,
      { first: hireDay + 5, last: Infinity },
    ],
    [
      'gone',
      { hireDay, terminationDay: hireDay + 9, active: false },
      firstDay,
      { first: hireDay, last: hireDay + 9 },
    ],
    [
      'going',
      { hireDay, terminationDay: hireDay + 9, active: true },
      firstDay,
      { first: hireDay, last: hireDay + 9 },
    ],
    [
      'inactive without a date',
      { hireDay, terminationDay: undefined, active: false },
      firstDay,
      noDays,
    ],
    [
      'gone before the site',
      { hireDay, terminationDay: hireDay, active: false },
      hireDay + 1,
      noDays,
    ],
  ])('%s', (_, employment, siteFirstDay, range) => {
    expect(employmentDays(employment, siteFirstDay)).toEqual(range);
  });
});

describe('the latest day whose window has closed', () => {
  it.each([
    ['before the window closes', '2024-04-22 21:59:59', '2024-04-21'],
    ['when it closes', '2024-04-22 22:00:00', '2024-04-22'],
  ])('by day, %s', (_, horizon, date) => {
    expect(lastClosedDay(always(utc, { hours: '08:00-16:00' }), utc, at(horizon))).toBe(day(date));
  });

  it('at night', () => {
    const night = always(cairo, { hours: '22:00-06:00' });
    // Thursday's night ends at 03:00Z and is open for 6 hours more.
    expect(lastClosedDay(night, cairo, at('2024-04-26 08:59:59'))).toBe(day('2024-04-24'));
    expect(lastClosedDay(night, cairo, at('2024-04-26 09:00:00'))).toBe(day('2024-04-25'));
  });

  it('off days, in the site zone', () => {
    const off = new Schedule(cairo, []);
    expect(lastClosedDay(off, cairo, at('2024-10-31 21:59:59'))).toBe(day('2024-10-30'));
    expect(lastClosedDay(off, cairo, at('2024-10-31 22:00:00'))).toBe(day('2024-10-31'));
  });

  it('may lie two days behind the longest of all windows', () => {
    const long = new Schedule(utc, [
      assigned(shift({ hours: '23:59-23:58', workDays: '1000000' })),
    ]);
    // Monday's window closes on Wednesday at 05:58, and leaves nothing of Tuesday.
    expect(lastClosedDay(long, utc, at('2024-04-24 00:00:00'))).toBe(day('2024-04-23'));
  });
});
