// sync_attendance from MariaDB to MariaDB: events a second, peak memory at a million events beside a quarter of
// them, and a second run with nothing new; then calculate_compliance on what was stored. Each task is a process of
// the binary, each round begins with an empty Maria; rounds of both sizes alternate, medians are taken; prints
// a table and one line of JSON; exits with 1 when a figure is missed.
import Table from 'cli-table3';
import { openDatabases } from './attendance/databases.js';
import { type Measured, measureRound } from './attendance/round.js';
import { median } from './support/median.js';

const rounds = 5;
const employees = 900;
/** Days that make about 250,000 and 1,000,000 rows of log tables. */
const days = { small: 120, large: 366 } as const;
type Size = keyof typeof days;
/** Memory is flat when four times the events take no more than a tenth more of it. */
const goals = { eventsPerSecond: 20_000, peakMb: 250, memoryRatio: 1.1, secondRunMs: 1_000 };

const databases = await openDatabases();
const results: Record<Size, Measured[]> = { small: [], large: [] };
try {
  const sources = {
    small: await databases.site({ employees, days: days.small }),
    large: await databases.site({ employees, days: days.large }),
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const size of ['small', 'large'] as const) {
      const maria = await databases.empty();
      results[size].push(await measureRound({ ...sources[size], maria }));
    }
  }
} finally {
  await databases.close();
}
report(figures(results.small), figures(results.large));

interface Figures {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly peakMb: number;
  readonly secondRunMs: number;
  readonly daysPerSecond: number;
}

function figures(measured: readonly Measured[]): Figures {
  const of = (value: (each: Measured) => number): number => Math.round(median(measured.map(value)));
  return {
    events: of(({ events }) => events),
    eventsPerSecond: of(({ events, syncSeconds }) => events / syncSeconds),
    peakMb: of(({ peakMb }) => peakMb),
    secondRunMs: of(({ secondRunMs }) => secondRunMs),
    daysPerSecond: of(({ days, complianceSeconds }) => days / complianceSeconds),
  };
}

function report(small: Figures, large: Figures): void {
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
    [
      'events a second',
      count(small.eventsPerSecond),
      count(large.eventsPerSecond),
      count(goals.eventsPerSecond),
    ],
    [
      'peak memory of the process',
      `${small.peakMb} MB`,
      `${large.peakMb} MB`,
      `under ${goals.peakMb} MB`,
    ],
    ['ratio of the two', '', memoryRatio.toFixed(2), `at most ${goals.memoryRatio}`],
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
  const reached =
    large.eventsPerSecond >= goals.eventsPerSecond &&
    large.peakMb < goals.peakMb &&
    memoryRatio <= goals.memoryRatio &&
    large.secondRunMs < goals.secondRunMs;
  if (!reached) process.exitCode = 1;
}
