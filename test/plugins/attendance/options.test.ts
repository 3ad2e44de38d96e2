// The options of the plugin, their defaults, and what the tasks make of them.
import { attendanceOptions } from '../../../src/plugins/attendance/options.js';
import { Site } from '../../../src/plugins/attendance/site.js';
import { siteOptions } from '../../../src/plugins/sample-site/options.js';

it('has defaults that fit the rules and the sample site', () => {
  const options = attendanceOptions.parse({});
  const site = new Site(options, () => 1_700_000_000_999);
  expect(options.zone).toBe(siteOptions.parse({ until: '2025-01-01' }).zone);
  expect(site).toMatchObject({
    source: 'biostar',
    overlap: 1_000,
    batchSize: 2_000,
    clockLimits: { toleranceSeconds: 600, latenessSeconds: 366 * 86_400 },
    collapseSeconds: 120,
  });
  expect(site.zone.id).toBe('Africa/Cairo');
  expect(site.now()).toBe(1_700_000_000);
});

it.each([
  ['a zone that there is not', { zone: 'Africa/Kairo' }, 'zone', 'IANA time zone'],
  ['a length of time without a unit', { collapseWithin: '120' }, 'collapseWithin', 'duration'],
  ['an overlap below zero', { overlap: -1 }, 'overlap', '>=0'],
  ['a source without a name', { source: '' }, 'source', '>=1'],
])('refuses %s', (_, options, key, message) => {
  const { error } = attendanceOptions.safeParse(options);
  expect(error?.issues).toEqual([
    expect.objectContaining({ path: [key], message: expect.stringContaining(message) }),
  ]);
});

it('refuses a key that it does not know', () => {
  expect(attendanceOptions.safeParse({ zones: 'UTC' }).success).toBe(false);
});
