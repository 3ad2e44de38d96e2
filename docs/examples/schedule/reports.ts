// Scheduled tasks: times in the code, and schedules that users make at run time.
import { definePlugin, inject, type Payload, Schedule, Task, Tracked } from 'skep';
import { Schedules } from 'skep/plugins/scheduler';
import { z } from 'zod';

const ReportOf = z.object({ team: z.string(), days: z.number().int().default(1) });

// #region declare
@Task({ code: 'team_report', payload: ReportOf })
@Schedule({
  name: 'sales_daily',
  cron: '30 6 * * SUN-THU',
  zone: 'Africa/Cairo',
  payload: { team: 'sales' },
})
@Schedule({
  name: 'sales_weekly',
  cron: '0 7 * * SUN',
  zone: 'Africa/Cairo',
  payload: { team: 'sales', days: 7 },
})
@Tracked()
export class TeamReport {
  run({ team, days }: Payload<typeof ReportOf>): { team: string; days: number } {
    return { team, days };
  }
}

@Task({ code: 'read_terminals' })
@Schedule({ every: '5m', misfireGrace: '4m', jitter: '20s' })
export class ReadTerminals {
  run(): { read: number } {
    return { read: 0 };
  }
}
// #endregion

// #region runtime
@Task({ code: 'subscribe' })
export class Subscribe {
  constructor(@inject(Schedules) private readonly schedules: Schedules) {}

  async run({ team, cron }: { team: string; cron: string }): Promise<{ next: string | null }> {
    const { nextFireAt } = await this.schedules.create({
      name: `report:${team}`,
      task: TeamReport,
      cron,
      zone: 'Africa/Cairo',
      payload: { team },
      triggeredBy: `subscription of ${team}`,
    });
    return { next: nextFireAt === undefined ? null : new Date(nextFireAt).toISOString() };
  }
}
// #endregion

export default definePlugin({
  name: 'reports',
  version: '1.0.0',
  tasks: [TeamReport, ReadTerminals, Subscribe],
});
