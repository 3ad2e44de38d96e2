// Rules 5 and 6: work days, windows, and which day an instant belongs to.

import { dayText } from '../../../../src/plugins/attendance/rules/calendar.js';
import { DayFinder } from '../../../../src/plugins/attendance/rules/day-finder.js';
import { dayWindow } from '../../../../src/plugins/attendance/rules/day-window.js';
import { Schedule } from '../../../../src/plugins/attendance/rules/schedule.js';
import type { SiteZone } from '../../../../src/plugins/attendance/rules/site-zone.js';
import { always, assigned, at, berlin, cairo, day, shift, utc, utcText } from './literals.js';

const planned = (schedule: Schedule, date: string): readonly string[] | undefined => {
  const found = schedule.on(day(date));
  return found && [utcText(found.start), utcText(found.end)];
};

const window = (schedule: Schedule, zone: SiteZone, date: string): readonly string[] => {
  const { from, to } = dayWindow(schedule, zone, day(date));
  return [utcText(from), utcText(to)];
};

// 2024-04-22 is a Monday.
describe('the shift of a day', () => {
  it('is that of the assignment with the latest start, then the highest id', () => {
    const [a, b, c] = [1, 2, 3].map((id) => shift({ id, hours: '08:00-16:00' }));
    const schedule = new Schedule(utc, [
      assigned(a, '2024-01-01', undefined, 9),
      assigned(c, '2024-03-01', '2024-03-10', 7),
      assigned(b, '2024-03-01', '2024-03-20', 8),
    ]);
    const on = (date: string) => schedule.on(day(date))?.shift.id;
    expect(['2023-12-31', '2024-02-29', '2024-03-01', '2024-03-20', '2024-03-21'].map(on)).toEqual([
      undefined,
      1,
      2,
      2,
      1,
    ]);
  });

  it('is none on a weekday that the shift leaves out, whatever other assignments say', () => {
    const schedule = new Schedule(utc, [
      assigned(shift({ id: 1, hours: '08:00-16:00' }), '2024-01-01'),
      assigned(shift({ id: 2, hours: '08:00-16:00', workDays: '1000000' }), '2024-04-01'),
    ]);
    expect(schedule.on(day('2024-04-22'))?.shift.id).toBe(2);
    expect(schedule.on(day('2024-04-23'))).toBeUndefined();
  });

  it('is none when the assignment names an unknown shift', () => {
    const known = assigned(shift({ hours: '08:00-16:00' }), '2024-01-01');
    const schedule = new Schedule(utc, [known, assigned(undefined, '2024-04-01')]);
    expect(schedule.on(day('2024-04-22'))).toBeUndefined();
  });

  it('ends the next day when its end is not after its start', () => {
    expect(planned(always(utc, { hours: '22:00-06:00' }), '2024-04-22')).toEqual([
      '2024-04-22 22:00:00',
      '2024-04-23 06:00:00',
    ]);
    expect(planned(always(utc, { hours: '08:00-08:00' }), '2024-04-22')).toEqual([
      '2024-04-22 08:00:00',
      '2024-04-23 08:00:00',
    ]);
  });

  it.each([
    [
      'a night that loses an hour',
      cairo,
      '22:00-06:00',
      '2024-04-25',
      '2024-04-25 20:00:00',
      '2024-04-26 03:00:00',
    ],
    [
      'a night that gains one',
      cairo,
      '22:00-06:00',
      '2024-10-31',
      '2024-10-31 19:00:00',
      '2024-11-01 04:00:00',
    ],
    [
      'a start that does not exist',
      cairo,
      '00:30-08:30',
      '2024-04-26',
      '2024-04-25 22:30:00',
      '2024-04-26 05:30:00',
    ],
    [
      'an end that does not exist',
      cairo,
      '16:00-00:15',
      '2024-04-25',
      '2024-04-25 14:00:00',
      '2024-04-25 22:15:00',
    ],
    [
      'an end that happens twice',
      cairo,
      '15:00-23:30',
      '2024-10-31',
      '2024-10-31 12:00:00',
      '2024-10-31 20:30:00',
    ],
    [
      'a start in the gap of Berlin',
      berlin,
      '02:30-10:30',
      '2024-03-31',
      '2024-03-31 01:30:00',
      '2024-03-31 08:30:00',
    ],
    [
      'a start that Berlin has twice',
      berlin,
      '02:30-10:30',
      '2024-10-27',
      '2024-10-27 00:30:00',
      '2024-10-27 09:30:00',
    ],
  ])('stands for %s', (_, zone, hours, date, start, end) => {
    expect(planned(always(zone, { hours }), date)).toEqual([start, end]);
  });
});

describe('the window of a work day', () => {
  it('is from 4 hours before to 6 hours after', () => {
    expect(window(always(utc, { hours: '08:00-16:00' }), utc, '2024-04-22')).toEqual([
      '2024-04-22 04:00:00',
      '2024-04-22 22:00:00',
    ]);
  });

  it('counts hours, not the clock, over a change', () => {
    // Start 20:00Z, end 03:00Z; the neighbours are far enough.
    expect(window(always(cairo, { hours: '22:00-06:00' }), cairo, '2024-04-25')).toEqual([
      '2024-04-25 16:00:00',
      '2024-04-26 09:00:00',
    ]);
  });

  it('is divided from its neighbours at the midpoint', () => {
    const [late, early] = [shift({ hours: '12:00-20:00' }), shift({ id: 2, hours: '02:00-10:00' })];
    const schedule = new Schedule(utc, [
      assigned(late, '2024-04-22', '2024-04-22', 1),
      assigned(early, '2024-04-23', '2024-04-23', 2),
    ]);
    // Between 20:00 and 02:00 lies 23:00.
    expect(window(schedule, utc, '2024-04-22')).toEqual([
      '2024-04-22 08:00:00',
      '2024-04-22 23:00:00',
    ]);
    expect(window(schedule, utc, '2024-04-23')).toEqual([
      '2024-04-22 23:00:00',
      '2024-04-23 16:00:00',
    ]);
  });

  it('is not shortened by a neighbour that is far enough', () => {
    const schedule = new Schedule(utc, [
      assigned(shift({ hours: '08:00-16:00' }), '2024-04-22', '2024-04-22', 1),
      // Starts 12 hours later: the midpoint, 22:00, is where the window ends anyway.
      assigned(shift({ hours: '04:00-12:00' }), '2024-04-23', '2024-04-23', 2),
    ]);
    expect(window(schedule, utc, '2024-04-22')[1]).toBe('2024-04-22 22:00:00');
    expect(window(schedule, utc, '2024-04-23')[0]).toBe('2024-04-23 00:00:00');
  });

  it('lasts from one start to the next for a shift of 24 hours', () => {
    expect(window(always(utc, { hours: '08:00-08:00' }), utc, '2024-04-22')).toEqual([
      '2024-04-22 08:00:00',
      '2024-04-23 08:00:00',
    ]);
  });

  it('is divided at a midpoint on a half minute', () => {
    const schedule = new Schedule(utc, [
      assigned(shift({ hours: '12:00-21:01' }), '2024-04-22', '2024-04-22', 1),
      assigned(shift({ hours: '02:00-10:00' }), '2024-04-23', '2024-04-23', 2),
    ]);
    expect(window(schedule, utc, '2024-04-22')[1]).toBe('2024-04-22 23:30:30');
  });
});

describe('the window of an off day', () => {
  const nights = new Schedule(utc, [
    assigned(shift({ hours: '22:00-06:00' }), '2024-04-22', '2024-04-22', 1),
    assigned(shift({ id: 2, hours: '02:00-10:00' }), '2024-04-24', '2024-04-24', 2),
  ]);

  it('is its calendar day', () => {
    expect(window(new Schedule(cairo, []), cairo, '2024-01-15')).toEqual([
      '2024-01-14 22:00:00',
      '2024-01-15 22:00:00',
    ]);
  });

  it('is a calendar day of 23 or 25 hours, also where midnight does not exist', () => {
    expect(window(new Schedule(cairo, []), cairo, '2024-04-26')).toEqual([
      '2024-04-25 22:00:00',
      '2024-04-26 21:00:00',
    ]);
    expect(window(new Schedule(cairo, []), cairo, '2024-10-31')).toEqual([
      '2024-10-30 21:00:00',
      '2024-10-31 22:00:00',
    ]);
  });

  it('is without what the windows of the work days on either side hold', () => {
    // The night before is open until 12:00, the morning after from 22:00.
    expect(window(nights, utc, '2024-04-23')).toEqual([
      '2024-04-23 12:00:00',
      '2024-04-23 22:00:00',
    ]);
  });

  it('is empty when its neighbours hold all of it', () => {
    const schedule = new Schedule(utc, [
      assigned(shift({ hours: '23:59-23:58' }), '2024-04-22', '2024-04-22', 1),
    ]);
    const { from, to } = dayWindow(schedule, utc, day('2024-04-23'));
    expect(from).toBeGreaterThanOrEqual(to);
  });
});

describe('the day of an instant', () => {
  const daysOf = (schedule: Schedule, zone: SiteZone) => {
    const finder = new DayFinder(schedule, zone);
    return (instant: string) => finder.daysHolding(at(instant)).map(dayText);
  };

  it('is that of the window, its start inclusive, its end exclusive', () => {
    const days = daysOf(always(utc, { hours: '08:00-16:00' }), utc);
    expect(days('2024-04-22 03:59:59')).toEqual([]);
    expect(days('2024-04-22 04:00:00')).toEqual(['2024-04-22']);
    expect(days('2024-04-22 21:59:59')).toEqual(['2024-04-22']);
    expect(days('2024-04-22 22:00:00')).toEqual([]);
  });

  it('is the day before, after midnight in a night shift', () => {
    const days = daysOf(always(cairo, { hours: '22:00-06:00' }), cairo);
    // 06:05 on Friday in summer time is the end of Thursday's night.
    expect(days('2024-04-26 03:05:00')).toEqual(['2024-04-25']);
  });

  it('is the day after, before midnight of an early shift', () => {
    const days = daysOf(always(utc, { hours: '00:30-08:30' }), utc);
    expect(days('2024-04-22 20:29:59')).toEqual([]);
    expect(days('2024-04-22 20:30:00')).toEqual(['2024-04-23']);
  });

  it('may be two days after its shift began, and then another day’s as well', () => {
    const schedule = new Schedule(utc, [
      assigned(shift({ hours: '23:59-23:58' }), '2024-04-22', '2024-04-22'),
    ]);
    const days = daysOf(schedule, utc);
    expect(days('2024-04-24 05:57:59')).toEqual(['2024-04-22', '2024-04-24']);
    expect(days('2024-04-24 05:58:00')).toEqual(['2024-04-24']);
  });

  it('is the same for whatever was asked before', () => {
    const schedule = new Schedule(cairo, [
      assigned(shift({ hours: '22:00-06:00', workDays: '1010101' }), '2024-01-01', '2024-06-30', 1),
      assigned(
        shift({ id: 2, hours: '00:30-23:45', workDays: '1101011' }),
        '2024-04-20',
        undefined,
        2,
      ),
    ]);
    const remembering = daysOf(schedule, cairo);
    for (let instant = at('2024-04-18 00:00'); instant < at('2024-05-02 00:00'); instant += 997) {
      const text = utcText(instant);
      expect([text, remembering(text)]).toEqual([text, daysOf(schedule, cairo)(text)]);
    }
  });
});
