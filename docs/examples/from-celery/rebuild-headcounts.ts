// Tracking, progress, logging, and another task called within the run.
import { type RunContext, Task, TimeLimit, Tracked } from 'skep';
import { z } from 'zod';
import { CopyHeadcounts } from './copy-headcounts.js';

const Days = z.strictObject({ days: z.array(z.iso.date()).min(1) });
type Days = z.output<typeof Days>;

@Task({ code: 'rebuild_headcounts', payload: Days })
@TimeLimit({ soft: '30m', hard: '31m' })
@Tracked()
export class RebuildHeadcounts {
  async run({ days }: Days, context: RunContext): Promise<{ days: number }> {
    for (const [done, day] of days.entries()) {
      context.signal.throwIfAborted();
      context.progress(done / days.length, day);
      const { units } = await context.call(CopyHeadcounts, { day });
      context.logger.info('headcounts copied', { day, units });
    }
    return { days: days.length };
  }
}
