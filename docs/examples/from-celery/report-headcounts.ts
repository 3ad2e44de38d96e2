// A task that waits for others: it is in a queue of its own, because it keeps its slot while it waits.
import { Dispatcher, inject, type RunContext, Task } from 'skep';
import { z } from 'zod';
import { CopyHeadcounts } from './copy-headcounts.js';

const Days = z.strictObject({ days: z.array(z.iso.date()).min(1) });

@Task({ code: 'report_headcounts', queue: 'reports', payload: Days })
export class ReportHeadcounts {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}

  async run(
    { days }: z.output<typeof Days>,
    { signal }: RunContext,
  ): Promise<{ copied: number; failed: number }> {
    const copies = await this.dispatcher.dispatchAll(
      days.map((day) => ({ task: CopyHeadcounts, payload: { day } })),
    );
    const ended = await Promise.all(copies.map((copy) => copy.wait({ timeout: '10m', signal })));
    const copied = ended.filter(({ state }) => state === 'success').length;
    return { copied, failed: ended.length - copied };
  }
}
