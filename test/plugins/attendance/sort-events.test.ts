// Rules 1 and 2 on rows of a log table, as drivers return them.
import { attendanceOptions } from '../../../src/plugins/attendance/options.js';
import { Site } from '../../../src/plugins/attendance/site.js';
import type { LogRow } from '../../../src/plugins/attendance/sync/log-tables.js';
import { sortEvents } from '../../../src/plugins/attendance/sync/sort-events.js';
import { at } from './rules/literals.js';

const cairo = new Site(attendanceOptions.parse({ zone: 'Africa/Cairo' }), Date.now);

const row = (
  id: number,
  deviceAt: string | null,
  serverTime: string | null,
  eventCode = 0x1300,
): LogRow => ({
  id,
  serverTime,
  deviceAt: deviceAt === null ? null : at(deviceAt),
  deviceId: 541,
  userCode: '0042',
  eventCode,
  tnaKey: null,
});

it('reads server time in the site zone, and the later of two', () => {
  const { plausible } = sortEvents(
    [
      row(1, '2024-01-15 06:00:00', '2024-01-15 08:00:00'),
      row(2, '2024-07-15 05:00:00', '2024-07-15 08:00:00'),
      // Twice 23:30 on the last Thursday of October; the first time it was 20:30 UTC.
      row(3, '2024-10-31 20:30:00', '2024-10-31 23:30:00'),
      // 00:30 does not exist on the last Friday of April: half an hour after the gap's start, 01:30.
      row(4, '2024-04-25 22:30:00', '2024-04-26 00:30:00'),
    ],
    cairo,
    0,
  );
  expect(plausible.map(({ id, serverAt }) => [id, serverAt])).toEqual([
    [1, at('2024-01-15 06:00:00')],
    [2, at('2024-07-15 05:00:00')],
    [3, at('2024-10-31 21:30:00')],
    [4, at('2024-04-25 22:30:00')],
  ]);
});

it('judges a clock by the later reading of a server time that happens twice', () => {
  // An hour and 5 minutes ahead of the first reading, 5 minutes ahead of the second.
  const { distrusted } = sortEvents(
    [row(1, '2024-10-31 21:35:00', '2024-10-31 23:30:00')],
    cairo,
    0,
  );
  expect(distrusted).toEqual([]);
});

it('finds the latest server time of an attendance event, in quarantine or not', () => {
  const page = [
    row(1, '2024-01-16 06:00:00', '2024-01-16 08:00:00'),
    row(2, '2024-01-15 06:00:00', '2024-01-16 08:01:00'),
    // Its device time is not believed; its server time counts.
    row(3, '2020-01-01 00:00:00', '2024-01-16 09:00:00'),
    // Not attendance: says nothing at all.
    row(4, '2023-01-01 00:00:00', '2024-01-16 10:00:00', 0x1100),
  ];
  expect(sortEvents(page, cairo, 0)).toMatchObject({
    latestServerAt: at('2024-01-16 07:00:00'),
    passedOver: 1,
  });
  expect(sortEvents([], cairo, 0)).toMatchObject({ latestServerAt: null });
});

it.each([
  ['no server time', row(1, '2024-01-16 06:00:00', null)],
  ['a server time of zeros', row(1, '2024-01-16 06:00:00', '0000-00-00 00:00:00')],
  ['no device time', row(1, null, '2024-01-16 08:00:00')],
])('quarantines an event with %s', (_, event) => {
  const { plausible, distrusted } = sortEvents([event], cairo, 0);
  expect([plausible, distrusted.map(({ reason }) => reason)]).toEqual([[], ['no_time']]);
});

test('an id out of all order is set aside, and the cursor stays before it', () => {
  const at = ['2024-10-31 21:35:00', '2024-10-31 21:35:00'] as const;
  const rows = [row(7, ...at), row(8, ...at), row(10 ** 14, ...at)];
  const wrongIds = (page: Parameters<typeof sortEvents>[0], after: number): number[] =>
    sortEvents(page, cairo, after)
      .distrusted.filter(({ reason }) => reason === 'wrong_id')
      .map(({ id }) => id);
  expect(sortEvents(rows, cairo, 6)).toMatchObject({ lastId: 8 });
  expect(wrongIds(rows, 6)).toEqual([10 ** 14]);
  // Alone on a later page it moves nothing either.
  expect(sortEvents([row(10 ** 14, ...at)], cairo, 8)).toMatchObject({ lastId: 8 });
  // A table may begin with any id.
  expect(wrongIds([row(10 ** 14, ...at)], 0)).toEqual([]);
});
