// What a person should know of clocks that are far from that of the queue.
import type { BrokerWarning } from '../../core/ports/broker.js';
import type { WorkerStatus } from '../../core/ports/control.js';
import { clockText, isFarOff } from './states.js';

/** What is due goes by the clock of the queue; times in logs and reports are those of the machines. */
export function clockWarnings(
  ownAheadMs: number | undefined,
  workers: readonly Pick<WorkerStatus, 'id' | 'clockAheadMs'>[],
): BrokerWarning[] {
  const clocks = [
    ...(isFarOff(ownAheadMs) ? [`this machine ${clockText(ownAheadMs)}`] : []),
    ...workers
      .filter(({ clockAheadMs }) => isFarOff(clockAheadMs))
      .map(({ id, clockAheadMs }) => `${id} ${clockText(clockAheadMs)}`),
  ];
  if (clocks.length === 0) return [];
  const message = `clocks differ from that of the queue: ${clocks.join(', ')}`;
  const remedy = 'Keep the clocks of all machines together with NTP.';
  return [{ message, remedy }];
}
