// The times of schedules in proofs: when each is due, what is on record of it, and what the log of side effects tells.
import { duration } from '../../src/core/duration.js';
import { msOf } from '../../src/plugins/tracking/index.js';
import type { FaultSite } from './fault-site.js';
import { recordOf } from './record.js';

/** A schedule of the task `tick` that is due from one time to another. */
export interface Ticking {
  readonly name: string;
  readonly everyMs: number;
  readonly startsAt: number;
  readonly endsAt: number;
  /** Every time is to be run, however late; otherwise a late one may be skipped. */
  readonly isStrict: boolean;
  readonly runMs: number;
  /** It was there by then: what it would have been due at before, on a busy machine, may not be its own. */
  readonly createdBy?: number;
}

export async function createSchedule(site: FaultSite, ticking: Ticking): Promise<Ticking> {
  const { name, everyMs, startsAt, endsAt, isStrict, runMs } = ticking;
  await site.schedules.create({
    name,
    task: 'tick',
    every: duration(everyMs, 'ms'),
    startsAt: new Date(startsAt),
    endsAt: new Date(endsAt),
    payload: { schedule: name, ms: runMs },
    ...(isStrict
      ? { coalesce: false, maxInstances: 1_000_000 }
      : { coalesce: true, maxInstances: 1, misfireGrace: '2s' }),
  });
  return { ...ticking, createdBy: Date.now() };
}

/** The times at which it is due, computed by nothing of Skep. */
function timesOf({ everyMs, startsAt, endsAt }: Ticking): number[] {
  const count = Math.floor((endsAt - startsAt) / everyMs) + 1;
  return Array.from({ length: count }, (_, index) => startsAt + index * everyMs);
}

/** Whether no schedule is due any more. */
export async function areOver(site: FaultSite): Promise<boolean> {
  const rows = await site.sql('SELECT 1 FROM schedule WHERE next_fire_at IS NOT NULL');
  return rows.length === 0;
}

export interface TickAccount {
  readonly run: number;
  readonly skipped: number;
  /** Times that are on record twice or never, or of which the log tells otherwise, with what is wrong. */
  readonly wrong: readonly string[];
}

/** Compares the times at which schedules were due with the record, and that with the log of side effects. */
export async function accountOf(site: FaultSite, all: readonly Ticking[]): Promise<TickAccount> {
  const rows = new Map<string, { id: string; status: string; why: string | null }[]>();
  for (const { id, schedule, scheduled_for, status, error_code } of await recordOf(site)) {
    if (schedule === null) continue;
    const tick = `${schedule}/${msOf(scheduled_for)}`;
    rows.set(tick, [...(rows.get(tick) ?? []), { id, status, why: error_code }]);
  }
  const told = startedIds(site);
  const wrong: string[] = [];
  let run = 0;
  let skipped = 0;
  for (const ticking of all) {
    for (const time of timesOf(ticking)) {
      const tick = `${ticking.name}/${time}`;
      const [row, ...more] = rows.get(tick) ?? [];
      const ids = told.get(tick) ?? [];
      rows.delete(tick);
      told.delete(tick);
      if (row === undefined && time <= (ticking.createdBy ?? 0)) continue;
      if (row === undefined) wrong.push(`${tick} is not on record`);
      else if (more.length > 0) wrong.push(`${tick} is on record ${1 + more.length} times`);
      else if (row.status === 'success') {
        run += 1;
        if (ids.length !== 1 || ids[0] !== row.id)
          wrong.push(`${tick} ran as ${ids}, not ${row.id}`);
      } else if (row.status !== 'skipped' || ticking.isStrict) {
        wrong.push(`${tick} is ${row.status}: ${row.why}`);
      } else {
        skipped += 1;
        if (!row.why?.startsWith('SKEP_TICK_')) wrong.push(`${tick} was skipped for no reason`);
        if (ids.length > 0) wrong.push(`${tick} was skipped and ran`);
      }
    }
  }
  for (const tick of [...rows.keys(), ...told.keys()]) wrong.push(`${tick} was never due`);
  return { run, skipped, wrong };
}

/** The executions that ran for each time, as they told themselves. */
function startedIds(site: FaultSite): Map<string, string[]> {
  const ids = new Map<string, string[]>();
  for (const told of site.effects.byExecution().keys()) {
    const [schedule, time, id] = told.split('/');
    if (id === undefined) continue;
    const tick = `${schedule}/${time}`;
    ids.set(tick, [...(ids.get(tick) ?? []), id]);
  }
  return ids;
}
