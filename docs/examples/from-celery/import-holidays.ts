// Retry and backoff: what is worth another attempt, what is not, and when the other side says how long to wait.
import { duration, Retry, type RunContext, Task, TimeLimit, transientNetwork } from 'skep';
import { z } from 'zod';

const Source = z.strictObject({ url: z.url() });
const Holidays = z.array(z.object({ date: z.iso.date(), name: z.string() }));

class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
}

@Task({ code: 'import_holidays', payload: Source })
@Retry({
  maxRetries: 6,
  on: [transientNetwork, ServiceUnavailable],
  delay: '30s',
  backoff: 'exponential',
  maxDelay: '10m',
  jitter: 'full',
})
@TimeLimit({ soft: '1m', hard: '90s' })
export class ImportHolidays {
  async run({ url }: z.output<typeof Source>, context: RunContext): Promise<{ holidays: number }> {
    // A refused or broken connection is what `transientNetwork` takes.
    const response = await fetch(url, { signal: context.signal });
    if (response.status === 429) {
      const seconds = Number(response.headers.get('retry-after')) || 30;
      context.retry({ delay: duration(seconds, 's'), reason: 'asked to wait' });
    }
    if (response.status >= 500) throw new ServiceUnavailable(`HTTP ${response.status}`);
    // Anything else, such as a 404 or a body of another shape, fails at once: it would be the same again.
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return { holidays: Holidays.parse(await response.json()).length };
  }
}
