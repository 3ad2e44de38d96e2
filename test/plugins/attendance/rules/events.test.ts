// Rules 2 and 3, event classes, and how dates and times are read.
import {
  dayNumber,
  dayText,
  timeOfDay,
  wallSeconds,
  weekday,
} from '../../../../src/plugins/attendance/rules/calendar.js';
import { clockFault } from '../../../../src/plugins/attendance/rules/clock-check.js';
import { EmployeeMatcher } from '../../../../src/plugins/attendance/rules/employee-match.js';
import { isAttendance, isDuress } from '../../../../src/plugins/attendance/rules/event-class.js';
import { at, day } from './literals.js';

describe('event classes', () => {
  it.each([
    [0x1000, true, false],
    [0x10ff, true, false],
    [0x1302, true, false],
    [0x1201, true, true],
    [0x1500, true, true],
    [0x1100, false, false],
    [0x1400, false, false],
    [0x0fff, false, false],
    [0x1600, false, false],
    [0x5000, false, false],
    [0, false, false],
    // Only the two low bytes make the code.
    [0x11300, true, false],
  ])('%i', (code, attendance, duress) => {
    expect([isAttendance(code), isDuress(code)]).toEqual([attendance, duress]);
  });
});

describe('clocks', () => {
  const limits = { toleranceSeconds: 600, latenessSeconds: 366 * 86_400 };
  const server = at('2025-01-10 12:00');
  it.each([
    ['equal', 0, undefined],
    ['exactly 10 minutes ahead', 600, undefined],
    ['10 minutes and a second ahead', 601, 'clock_ahead'],
    ['half a year behind, a late upload', -180 * 86_400, undefined],
    ['exactly 366 days behind', -366 * 86_400, undefined],
    ['366 days and a second behind', -366 * 86_400 - 1, 'clock_behind'],
  ])('%s', (_, difference, fault) => {
    expect(clockFault(server + difference, server, limits)).toBe(fault);
  });

  it('has a word for a time that is missing', () => {
    expect(clockFault(undefined, server, limits)).toBe('no_time');
    expect(clockFault(server, undefined, limits)).toBe('no_time');
  });
});

describe('matching', () => {
  const holder = (id: number, code: string, hired: string, left?: string) => ({
    id,
    code,
    hireDay: day(hired),
    terminationDay: left === undefined ? undefined : day(left),
  });
  const matcher = new EmployeeMatcher([
    holder(1, '0042', '2024-01-10', '2024-06-30'),
    holder(2, '42', '2024-01-10'),
    holder(3, '0042', '2024-07-01', '2024-07-31'),
    holder(4, '0042', '2025-01-01'),
    holder(5, 'Ab', '2024-01-01'),
    holder(6, '', '2024-01-01'),
  ]);
  it.each([
    ['the day before the hire', '0042', '2024-01-09', undefined],
    ['the day of the hire', '0042', '2024-01-10', 1],
    ['the last day', '0042', '2024-06-30', 1],
    ['a day that two may claim: the later hire', '0042', '2024-07-01', 3],
    ['the day after the termination', '0042', '2024-08-01', 3],
    ['two days after it', '0042', '2024-08-02', undefined],
    ['a reissued code, open', '0042', '2031-01-01', 4],
    ['leading zeros', '42', '2024-03-01', 2],
    ['more leading zeros', '00042', '2024-03-01', undefined],
    ['a blank at the end', '0042 ', '2024-03-01', undefined],
    ['another case', 'AB', '2024-03-01', undefined],
    ['nothing', '', '2024-03-01', undefined],
  ])('%s', (_, code, date, employee) => {
    expect(matcher.match(code, day(date))).toBe(employee);
  });
});

describe('dates and times', () => {
  it('counts days from 1970', () => {
    expect(dayNumber('1970-01-01')).toBe(0);
    expect(dayNumber('2024-03-01')).toBe(19_783);
    expect(dayText(19_783)).toBe('2024-03-01');
    expect(dayText(-1)).toBe('1969-12-31');
  });

  it('knows weekdays, Monday first', () => {
    expect(['2024-01-01', '2024-01-07', '1969-12-29'].map((date) => weekday(day(date)))).toEqual([
      0, 6, 0,
    ]);
  });

  it.each(['2024-02-30', '2023-02-29', '2024-13-01', '0000-00-00', '2024-1-1', '', '2024-01-01x'])(
    'has no date %p',
    (text) => expect(dayNumber(text)).toBeUndefined(),
  );

  it.each([
    ['2024-03-01 00:00:00', 19_783 * 86_400],
    ['2024-03-01 23:59:59', 19_784 * 86_400 - 1],
    ['2024-03-01T12:00:00.000', 19_783 * 86_400 + 43_200],
    ['0000-00-00 00:00:00', undefined],
    ['2024-03-01 24:00:00', undefined],
    ['2024-03-01 12:60:00', undefined],
    ['2024-03-01', undefined],
    ['', undefined],
  ])('reads %p', (text, seconds) => expect(wallSeconds(text)).toBe(seconds));

  it.each([
    ['00:00', 0],
    ['23:59', 86_340],
    ['24:00', undefined],
    ['7:00', undefined],
    ['12:60', undefined],
  ])('reads the time %p', (text, seconds) => expect(timeOfDay(text)).toBe(seconds));
});
