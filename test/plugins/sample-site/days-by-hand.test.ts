// Single days of the answer key, worked out by hand from the taps. A change of the generator moves the taps;
// then these days are to be worked out anew.
import {
  answerKey,
  type ExpectedDay,
  planSite,
  type SiteOptions,
  type Step,
  writeLater,
  writeSite,
} from '../../../src/plugins/sample-site/index.js';
import { type LogRow, newFolder, readSite, removeFolders, urlsIn } from './site-files.js';

afterAll(removeFolders);

interface Site {
  /** Device times in UTC of a user's attendance events between two times. */
  readonly taps: (code: string, from: string, to: string) => string[];
  readonly days: (code: string, date: string) => ExpectedDay[];
}

async function siteAt(step: Step, options: SiteOptions): Promise<Site> {
  const plan = planSite(options);
  const urls = urlsIn(newFolder());
  await writeSite(plan, urls);
  if (step === 'later') await writeLater(plan, urls);
  const rows = [...readSite(urls).logs.values()].flat();
  const { days } = answerKey(plan, step);
  const isTap = ({ EVT }: LogRow): boolean => [0x1000, 0x1300].includes(EVT & 0xff00);
  return {
    taps: (code, from, to) =>
      rows
        .filter((row) => row.USRID === code && isTap(row))
        .map(({ DEVDT }) => new Date(DEVDT * 1000).toISOString().slice(0, 19))
        .filter((at) => at >= from && at <= to)
        .sort(),
    days: (code, date) => days.filter((day) => day.code === code && day.date === date),
  };
}

/** What a day is expected to be; `firstIn` and `lastOut` in UTC. */
function day(
  [employeeId, code, date]: [number, string, string],
  status: ExpectedDay['status'],
  [firstIn, lastOut]: [string | null, string | null] = [null, null],
  minutes: Partial<ExpectedDay> = {},
): ExpectedDay {
  const instant = (utc: string | null): number | null =>
    utc === null ? null : Date.parse(`${utc}Z`) / 1000;
  return {
    employeeId,
    code,
    date,
    status,
    firstIn: instant(firstIn),
    lastOut: instant(lastOut),
    workedMinutes: 0,
    lateMinutes: 0,
    earlyMinutes: 0,
    kept: 0,
    collapsed: 0,
    ...minutes,
  };
}

// Cairo is UTC+3 until 30 October 2025, 24:00, when clocks go back to 23:00 and UTC+2.
const autumn = { until: '2025-11-15', days: 40, employees: 60 };

describe('an autumn in Cairo', () => {
  let site: Site;
  let later: Site;
  beforeAll(async () => {
    site = await siteAt('first', autumn);
    later = await siteAt('later', autumn);
  });

  it('gives a night that runs into the day shift what comes before the middle', () => {
    // Night of the 25th, 22:00-06:00; day shift on the 26th from 08:00: the middle is 07:00, 04:00 UTC.
    expect(site.taps('0131', '2025-10-25T18:00', '2025-10-26T18:00')).toEqual([
      '2025-10-25T18:52:24', // 21:52:24
      '2025-10-26T03:59:59', // 06:59:59, the last second of the night
      '2025-10-26T05:03:51', // 08:03:51, within the grace of 5 minutes
      '2025-10-26T05:04:29', // 38 s: collapses
      '2025-10-26T05:05:19', // 88 s: collapses
      '2025-10-26T05:05:51', // 120 s: counts
      '2025-10-26T08:40:37',
      '2025-10-26T09:32:52',
      '2025-10-26T12:54:01', // 15:54:01, 5 whole minutes before the end: within the grace
    ]);
    expect(site.days('0131', '2025-10-25')).toEqual([
      day([1018, '0131', '2025-10-25'], 'present', ['2025-10-25T18:52:24', '2025-10-26T03:59:59'], {
        workedMinutes: 9 * 60 + 7,
        kept: 2,
      }),
    ]);
    expect(site.days('0131', '2025-10-26')).toEqual([
      day([1018, '0131', '2025-10-26'], 'present', ['2025-10-26T05:03:51', '2025-10-26T12:54:01'], {
        workedMinutes: 7 * 60 + 50,
        kept: 5,
        collapsed: 2,
      }),
    ]);
  });

  it('ends a shift at the first of two 23:30s', () => {
    // 15:00-23:30 on the 30th: the end is 23:30 UTC+3, 20:30 UTC. An hour later it is 23:30 again.
    expect(site.taps('0137', '2025-10-30T08:00', '2025-10-31T04:00')).toEqual([
      '2025-10-30T11:28:20',
      '2025-10-30T11:28:22', // 2 s: collapses
      '2025-10-30T15:56:44',
      '2025-10-30T16:34:14',
      '2025-10-30T20:32:19', // 23:32:19 for the first time
    ]);
    expect(site.days('0137', '2025-10-30')).toEqual([
      day([1024, '0137', '2025-10-30'], 'present', ['2025-10-30T11:28:20', '2025-10-30T20:32:19'], {
        workedMinutes: 9 * 60 + 3,
        kept: 4,
        collapsed: 1,
      }),
    ]);
  });

  it('counts the night of 25 hours by instants, uploaded eleven days late', () => {
    // 22:00 UTC+3 to 06:00 UTC+2 is 9 hours: 19:00 to 04:00 UTC.
    expect(site.taps('0213', '2025-10-30T12:00', '2025-10-31T08:00')).toEqual([
      '2025-10-30T18:28:19',
      '2025-10-30T20:30:00', // 23:30:00
      '2025-10-30T21:30:00', // 23:30:00 again
      '2025-10-30T21:30:02',
      '2025-10-30T21:31:04',
      '2025-10-31T07:24:46',
      '2025-10-31T07:26:12', // 86 s
      '2025-10-31T07:26:45', // 119 s
    ]);
    expect(site.days('0213', '2025-10-30')).toEqual([
      day([1042, '0213', '2025-10-30'], 'present', ['2025-10-30T18:28:19', '2025-10-31T07:24:46'], {
        workedMinutes: 12 * 60 + 56,
        kept: 4,
        collapsed: 4,
      }),
    ]);
  });

  it('corrects a finished day when the rest of its taps is uploaded', () => {
    // Office, 09:00-17:00 with 5 minutes of grace to leave: the end is 14:00 UTC.
    const [from, to] = ['2025-10-30T03:00', '2025-10-30T20:00'];
    expect(site.taps('0123', from, to)).toEqual([
      '2025-10-30T06:06:33',
      '2025-10-30T10:11:24',
      '2025-10-30T10:11:26',
      '2025-10-30T10:13:23',
    ]);
    expect(site.days('0123', '2025-10-30')).toEqual([
      day(
        [1012, '0123', '2025-10-30'],
        'early_leave',
        ['2025-10-30T06:06:33', '2025-10-30T10:11:24'],
        {
          workedMinutes: 4 * 60 + 4,
          earlyMinutes: 3 * 60 + 48,
          kept: 2,
          collapsed: 2,
        },
      ),
    ]);
    expect(later.taps('0123', from, to)).toEqual([
      '2025-10-30T06:06:33',
      '2025-10-30T09:36:43',
      '2025-10-30T10:11:24',
      '2025-10-30T10:11:26',
      '2025-10-30T10:13:23',
      '2025-10-30T12:51:46',
      '2025-10-30T12:51:48',
    ]);
    expect(later.days('0123', '2025-10-30')).toEqual([
      day(
        [1012, '0123', '2025-10-30'],
        'early_leave',
        ['2025-10-30T06:06:33', '2025-10-30T12:51:46'],
        {
          workedMinutes: 6 * 60 + 45,
          earlyMinutes: 68,
          kept: 4,
          collapsed: 3,
        },
      ),
    ]);
    expect(site.days('0123', '2025-10-29')).toEqual([day([1012, '0123', '2025-10-29'], 'absent')]);
    expect(later.days('0123', '2025-10-29')).toMatchObject([{ status: 'present', kept: 4 }]);
  });

  it('gives a reissued code to the holder of the day', () => {
    // 1007 left on the 27th, 1006 was hired on the 28th.
    expect(site.days('0108', '2025-10-27')).toEqual([
      day([1007, '0108', '2025-10-27'], 'present', ['2025-10-27T04:50:54', '2025-10-27T14:14:33'], {
        workedMinutes: 9 * 60 + 23,
        kept: 4,
        collapsed: 2,
      }),
    ]);
    expect(site.days('0108', '2025-10-28')).toEqual([
      day([1006, '0108', '2025-10-28'], 'present', ['2025-10-28T04:39:24', '2025-10-28T14:23:20'], {
        workedMinutes: 9 * 60 + 43,
        kept: 2,
      }),
    ]);
  });

  it('gives an unknown user their days once HRIS knows them, but not the eve of the first', () => {
    expect(site.taps('0191', '2025-11-09T00:00', '2025-11-10T20:00')).toEqual([
      '2025-11-09T10:44:00',
      '2025-11-10T05:48:13',
      '2025-11-10T05:48:15',
      '2025-11-10T05:48:25',
      '2025-11-10T15:08:05',
    ]);
    expect(site.days('0191', '2025-11-10')).toEqual([]);
    expect(later.days('0191', '2025-11-09')).toEqual([]);
    expect(later.days('0191', '2025-11-10')).toEqual([
      day([1014, '0191', '2025-11-10'], 'present', ['2025-11-10T05:48:13', '2025-11-10T15:08:05'], {
        workedMinutes: 9 * 60 + 19,
        kept: 2,
        collapsed: 2,
      }),
    ]);
  });

  it('takes back the days after a departure that HRIS reports late', () => {
    expect(site.days('0125', '2025-11-13')).toEqual([day([1015, '0125', '2025-11-13'], 'absent')]);
    expect(later.days('0125', '2025-11-12')).toHaveLength(1);
    expect(later.days('0125', '2025-11-13')).toEqual([]);
  });
});

describe('a spring in Cairo', () => {
  it('begins a shift an hour later where its start does not exist', async () => {
    // 25 April 2025 begins at 01:00, UTC+3. A start at 00:30 is 01:30, 22:30 UTC of the 24th.
    const site = await siteAt('first', { until: '2025-06-15', employees: 60 });
    expect(site.taps('0134', '2025-04-24T18:00', '2025-04-25T12:00')).toEqual([
      '2025-04-24T22:15:11', // 01:15:11
      '2025-04-25T01:48:30',
      '2025-04-25T01:49:21', // 51 s: collapses
      '2025-04-25T02:32:56',
      '2025-04-25T06:00:16', // 09:00:16
    ]);
    expect(site.days('0134', '2025-04-25')).toEqual([
      day([1021, '0134', '2025-04-25'], 'present', ['2025-04-24T22:15:11', '2025-04-25T06:00:16'], {
        workedMinutes: 7 * 60 + 45,
        kept: 4,
        collapsed: 1,
      }),
    ]);
  });
});
