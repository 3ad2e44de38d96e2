// The answer key tells what was planted; reading the written site by the rules must find the same.
import { isDeepStrictEqual } from 'node:util';
import {
  answerKey,
  planSite,
  type SiteOptions,
  writeLater,
  writeSite,
} from '../../../src/plugins/sample-site/index.js';
import { applyRules } from './by-the-rules.js';
import { newFolder, readSite, removeFolders, urlsIn } from './site-files.js';

afterAll(removeFolders);

/** Both are ordered by employee and date. Differences of a whole site are unreadable; a few days of it are not. */
function firstDifferences(found: readonly object[], expected: readonly object[]): unknown[] {
  const differs = (day: object, index: number) => !isDeepStrictEqual(day, expected[index]);
  return found.filter(differs).slice(0, 5);
}

const sites: [name: string, options: SiteOptions][] = [
  ['ninety days with a spring in Cairo', { until: '2025-06-15', employees: 200 }],
  ['Cairo in autumn', { until: '2025-11-15', employees: 150, days: 40 }],
  ['Berlin in spring', { until: '2025-04-10', employees: 80, days: 30, zone: 'Europe/Berlin' }],
  ['Berlin in autumn', { until: '2025-11-05', employees: 80, days: 30, zone: 'Europe/Berlin' }],
  ['New York', { until: '2025-11-20', employees: 80, days: 40, zone: 'America/New_York' }],
  [
    'half an hour of summer',
    { until: '2025-04-20', employees: 80, days: 30, zone: 'Australia/Lord_Howe' },
  ],
  [
    'far east, over a new year',
    { until: '2026-01-25', days: 100, employees: 60, zone: 'Pacific/Auckland' },
  ],
  ['far west', { until: '2025-07-20', days: 95, employees: 60, zone: 'Pacific/Honolulu' }],
  ['the smallest site', { until: '2024-03-02', employees: 40, days: 7 }],
  ['another seed', { until: '2025-03-31', employees: 60, seed: 2 }],
  ['a third seed, more than a year', { until: '2025-12-31', employees: 40, days: 400, seed: 3 }],
];

describe.each(sites)('answer key of %s', (_, options) => {
  const plan = planSite(options);
  const urls = urlsIn(newFolder());

  it('is what the rules find in the site as written, and again after the later step', async () => {
    await writeSite(plan, urls);
    for (const step of ['first', 'later'] as const) {
      if (step === 'later') await writeLater(plan, urls);
      const { replication: _replication, days: expectedDays, ...expected } = answerKey(plan, step);
      const { days, ...found } = applyRules(readSite(urls), options.zone ?? 'Africa/Cairo');
      expect(found).toEqual(expected);
      expect(firstDifferences(days, expectedDays)).toEqual([]);
      expect(days.length).toBe(expectedDays.length);
    }
  }, 180_000);
});
