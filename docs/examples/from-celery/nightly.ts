// Tasks that start other tasks: each is an execution of its own, with its own retries.
import { Dispatcher, inject, Task } from 'skep';
import { z } from 'zod';
import { CopyHeadcounts } from './copy-headcounts.js';
import { CountEmployees } from './count-employees.js';

const Days = z.strictObject({ days: z.array(z.iso.date()).min(1) });

@Task({ code: 'nightly', payload: Days })
export class Nightly {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}

  async run({ days }: z.output<typeof Days>): Promise<{ started: string[] }> {
    // All or none: one write to the queue.
    const copies = await this.dispatcher.dispatchAll(
      days.map((day) => ({ task: CopyHeadcounts, payload: { day } })),
    );
    const count = await this.dispatcher.dispatch(CountEmployees, undefined, { delay: '1s' });
    return { started: [...copies, count].map(({ id }) => id) };
  }
}
