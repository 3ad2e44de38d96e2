// Rules 1 and 2 on the times of one event: when the server saw it, and whether the device's clock is believed.
import { clockFault, type QuarantineReason } from '../rules/clock-check.js';
import type { Site } from '../site.js';
import { unsigned32, wholeNumber } from './event-values.js';

export interface JudgedTimes {
  /** Unix seconds; null when the event has no server time. */
  readonly serverAt: number | null;
  /**
   * The wall time that was judged, in seconds, where it cannot be read back from `serverAt`: it does not exist in the
   * site zone, or no instant is stored. Null where it can.
   */
  readonly serverWall: number | null;
  /** Undefined for a plausible event. */
  readonly reason: QuarantineReason | undefined;
}

/**
 * Judges the times of an event.
 * @param deviceAt unix seconds, or null when it is no time.
 * @param wall server time on the wall, in seconds, or undefined when it is no time.
 */
export function judgeTimes(
  { zone, clockLimits }: Pick<Site, 'zone' | 'clockLimits'>,
  deviceAt: number | null,
  wall: number | undefined,
): JudgedTimes {
  if (wall === undefined) return { serverAt: null, serverWall: null, reason: 'no_time' };
  const instant = zone.instantOf(wall, 'second');
  // A year that cannot be stored is no time.
  const serverAt = wholeNumber(instant, unsigned32);
  const readsBack = serverAt !== null && instant + zone.offsetAt(instant) === wall;
  return {
    serverAt,
    serverWall: readsBack ? null : wall,
    reason: clockFault(deviceAt ?? undefined, serverAt ?? undefined, clockLimits),
  };
}
