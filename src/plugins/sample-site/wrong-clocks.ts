// What a terminal shows whose clock is wrong by more than the rules allow.
import type { Calendar } from './calendar.js';
import { type Instant, parseDay, secondsADay, utcMonth } from './days.js';
import type { Random } from './random.js';

export interface WrongTime {
  readonly at: Instant;
  readonly fate: 'clock-ahead' | 'clock-behind';
}

const year2000 = parseDay('2000-01-01') * secondsADay;

/**
 * A device time that is quarantined at this server time.
 * @param kind any number; neighbouring ones are different faults.
 */
export function wrongTime(
  { shutdown }: Calendar,
  server: Instant,
  kind: number,
  random: Random,
): WrongTime {
  const uptime = random.int(0, 30 * secondsADay);
  const faults = [
    { at: server + 601, fate: 'clock-ahead' },
    { at: uptime, fate: 'clock-behind' },
    { at: server + random.int(900, 3 * 3_600), fate: 'clock-ahead' },
    { at: year2000 + uptime, fate: 'clock-behind' },
    { at: server + 7 * secondsADay, fate: 'clock-ahead' },
    { at: server - 366 * secondsADay - 1, fate: 'clock-behind' },
    { at: server + 365 * secondsADay, fate: 'clock-ahead' },
  ] as const;
  const [mildest] = faults;
  const fault = faults[kind % faults.length] ?? mildest;
  // The month without a table must stay without one.
  return utcMonth(fault.at) === shutdown?.month ? mildest : fault;
}
