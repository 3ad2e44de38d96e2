// The side of a process that has a supervisor: tells it what it must know, and does not outlive it.
import type { Logger } from '../../core/log/logger.js';
import { Stopped, type StopWatch, signalExitCode } from '../stop-signal.js';
import type { ChildMessage } from './protocol.js';

/** Stops this process, with its grace period, when the supervisor is gone, however that ended. */
export function endWithSupervisor(stop: StopWatch, logger: Logger): void {
  const end = (): void => {
    if (stop.signal.aborted) return;
    logger.error('the supervisor is gone, stopping');
    stop.stop(Stopped.because('the supervisor is gone', signalExitCode.SIGTERM));
  };
  process.once('disconnect', end);
  // It may have gone while the plugins were loaded.
  if (!process.connected) end();
}

/** Tells the supervisor; one that is gone needs to know nothing. */
export function tellSupervisor(message: ChildMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
