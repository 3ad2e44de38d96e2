// The log as the server wrote it: day by day in order of arrival, with event ids from 1 in each month's table.
import type { Step } from './calendar.js';
import { type Day, utcMonth } from './days.js';
import type { Planted } from './events.js';
import { eventsOf, plannedDays, type SitePlan } from './plan.js';

interface Logged {
  readonly id: number;
  readonly event: Planted;
}

/** The events that reached the server on one local date, by the month of their table. */
export interface Arrivals {
  readonly day: Day;
  readonly months: ReadonlyMap<string, readonly Logged[]>;
}

/** What a step adds to the log. Holds the events of two days, and uploads that are yet to come. */
export function* arrivals(plan: SitePlan, step: Step): Generator<Arrivals> {
  const { since, until } = plan.calendar;
  const from = step === 'first' ? since : until.first + 1;
  const waiting = new Map<Day, Planted[]>();
  const lastIds = new Map<string, number>();
  for (const planned of plannedDays(plan)) {
    for (const event of eventsOf(planned)) {
      const arriving = waiting.get(event.arrives);
      if (arriving) arriving.push(event);
      else waiting.set(event.arrives, [event]);
    }
    // A day's arrivals are complete when the next one, whose taps may begin on its eve, is planned.
    const day = planned.day - 1;
    const events = waiting.get(day) ?? [];
    waiting.delete(day);
    const months = number(events, lastIds);
    if (day >= from && months.size > 0) yield { day, months };
    if (day === until[step]) return;
  }
}

function number(events: Planted[], lastIds: Map<string, number>): Map<string, Logged[]> {
  const months = new Map<string, Logged[]>();
  for (const event of events.sort((a, b) => a.server - b.server)) {
    const month = utcMonth(event.at);
    const id = (lastIds.get(month) ?? 0) + 1;
    lastIds.set(month, id);
    const logged = months.get(month);
    if (logged) logged.push({ id, event });
    else months.set(month, [{ id, event }]);
  }
  return months;
}
