// sync_attendance from MariaDB to MariaDB: events a second, peak memory at a million events beside a quarter of
// them, and a second run with nothing new; then calculate_compliance on what was stored. Each round is a
// process of its own with an empty Maria; rounds of both sizes alternate, medians are taken; prints a table
// and one line of JSON.
import Table from 'cli-table3';
import { databases } from './attendance/databases.js';
import { inChild, type Measured, measureRound, roundAskedFor } from './attendance/round.js';
import { median } from './support/median.js';

const rounds = 5;
const employees = 900;
/** Days that make about this many rows of log tables. */
const sizes = { '250,000': 92, '1,000,000': 366 } as const;
type Size = keyof typeof sizes;
const both = Object.keys(sizes) as Size[]; // the keys of the object above; Object.keys forgets them

const asked = roundAskedFor();
if (asked) await measureRound(asked);
else await main();

async function main(): Promise<void> {
  await using maria = await databases();
  const sources = {
    '250,000': await maria.site({ employees, days: sizes['250,000'] }),
    '1,000,000': await maria.site({ employees, days: sizes['1,000,000'] }),
  };
  const results: Record<Size, Measured[]> = { '250,000': [], '1,000,000': [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const size of both) {
      results[size].push(await inChild({ ...sources[size], maria: await maria.empty() }));
    }
  }
  report(results);
}

function report(results: Readonly<Record<Size, readonly Measured[]>>): void {
  const of = (size: Size, value: (measured: Measured) => number): number =>
    median(results[size].map(value));
  const figures = both.map((size) => ({
    events: of(size, ({ events }) => events),
    eventsPerSecond: Math.round(of(size, ({ events, syncSeconds }) => events / syncSeconds)),
    peakMb: Math.round(of(size, ({ peakMb }) => peakMb)),
    secondRunMs: Math.round(of(size, ({ secondRunMs }) => secondRunMs)),
    daysPerSecond: Math.round(of(size, ({ days, complianceSeconds }) => days / complianceSeconds)),
  }));
  const [small, large] = figures;
  if (!small || !large) throw new Error('nothing was measured');
  const memoryRatio = large.peakMb / small.peakMb;
  const count = (value: number): string => value.toLocaleString('en');
  const table = new Table({
    head: [
      'sync_attendance, MariaDB to MariaDB',
      count(small.events),
      count(large.events),
      'to reach',
    ],
  });
  table.push(
    ['events a second', count(small.eventsPerSecond), count(large.eventsPerSecond), '20,000'],
    ['peak memory of the process', `${small.peakMb} MB`, `${large.peakMb} MB`, 'under 250 MB'],
    ['ratio of the two', '', memoryRatio.toFixed(2), 'flat'],
    [
      'a second run, nothing new',
      `${small.secondRunMs} ms`,
      `${large.secondRunMs} ms`,
      'under 1 s',
    ],
    [
      'calculate_compliance, days a second',
      count(small.daysPerSecond),
      count(large.daysPerSecond),
      '',
    ],
  );
  console.log(table.toString());
  console.log(
    JSON.stringify({ bench: 'attendance', rounds, employees, small, large, memoryRatio }),
  );
}
