// Rule 2: is a device's clock plausible beside the server's?

/** Why an event is in quarantine. */
export type QuarantineReason = 'clock_ahead' | 'clock_behind' | 'no_time' | 'wrong_id';

/** Instants that can be stored, unix seconds: the years 1970 to 2106. */
const latestInstant = 2 ** 32 - 1;

/** How far device time may be from server time, in seconds. */
export interface ClockLimits {
  /** Device time may be this much after server time. */
  readonly toleranceSeconds: number;
  /** Device time may be this much before server time; such an event is a late upload. */
  readonly latenessSeconds: number;
}

/** The reason to distrust an event's device time, or undefined for a plausible one (late uploads are). */
export function clockFault(
  deviceAt: number | undefined,
  serverAt: number | undefined,
  limits: ClockLimits,
): QuarantineReason | undefined {
  if (deviceAt === undefined || serverAt === undefined) return 'no_time';
  if (deviceAt - serverAt > limits.toleranceSeconds) return 'clock_ahead';
  if (serverAt - deviceAt > limits.latenessSeconds) return 'clock_behind';
  if (deviceAt < 0 || deviceAt > latestInstant) return 'no_time';
  return undefined;
}
