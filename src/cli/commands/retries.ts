// `skep retries TASK`: the timetable of a task's retries.
import type { Command } from 'commander';
import { formatMs } from '../../core/duration.js';
import { timetable } from '../../core/tasks/retry-policy.js';
import { action, addExamples } from '../command.js';

/** Rows of the table. */
const mostShown = 100;

export function retriesCommand(command: Command): void {
  addExamples(command, [
    'skep retries sync_attendance',
    'skep retries sync_attendance --json',
  ]).action(
    action(async ({ install, output }, code: string) => {
      const { retry } = (await install()).registry.get(code);
      const rows = retry ? timetable(retry) : [];
      if (output.json) {
        output.document({
          task: code,
          maxRetries: retry?.maxRetries ?? 0,
          jitter: retry?.jitter ?? null,
          retries: rows,
        });
      } else if (rows.length === 0) {
        output.line(`${code} is not retried.`);
      } else {
        output.table(rows.slice(0, mostShown), [
          { title: 'ATTEMPT', align: 'right', value: ({ attempt }) => String(attempt) },
          { title: 'EARLIEST', align: 'right', value: ({ earliestMs }) => formatMs(earliestMs) },
          { title: 'LATEST', align: 'right', value: ({ latestMs }) => formatMs(latestMs) },
          {
            title: 'AFTER THE FIRST FAILURE',
            align: 'right',
            value: (row) =>
              row.cumulativeEarliestMs === row.cumulativeLatestMs
                ? formatMs(row.cumulativeLatestMs)
                : `${formatMs(row.cumulativeEarliestMs)} to ${formatMs(row.cumulativeLatestMs)}`,
          },
        ]);
        const left = rows.length - mostShown;
        if (left > 0) output.line(`${left} more follow: --json has them all.`);
        output.line('The time that the attempts themselves take comes on top.');
      }
      return 0;
    }),
  );
}
