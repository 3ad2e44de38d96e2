// Errors that no one awaits: logged with the run that caused them; the runtime stays up.
import { SkepError } from '../errors/skep-error.js';
import { isLoggedRefusal, noteHandledRejection, noteStrayRejection } from '../run/run-work.js';
import type { Logger } from './logger.js';
import { currentOwner } from './run-fields.js';

/**
 * Logs floating rejections and stray exceptions of this thread instead of dying of them (DESIGN, invariant 7). Node
 * keeps the asynchronous context for both, so the line carries the ids of the run that let them go, or names the plugin. A rejection in which work of a run
 * failed also fails the attempt.
 */
export function surviveStrayErrors(logger: Logger): void {
  process.on('unhandledRejection', (error, promise) => {
    noteStrayRejection(error, promise);
    // The outcome of its attempt says so already, once for all work that was cut off; of refused dispatches a warning does.
    const isKnown =
      isLoggedRefusal(error) ||
      (error instanceof SkepError && error.code === 'SKEP_WORK_NOT_AWAITED');
    const message = 'a promise that nobody awaited was rejected';
    logger[isKnown ? 'debug' : 'error'](ofOwner(message), { error });
  });
  process.on('rejectionHandled', noteHandledRejection);
  process.on('uncaughtException', (error) =>
    logger.error(ofOwner('an exception was thrown outside of any run'), { error }),
  );
}

function ofOwner(message: string): string {
  const owner = currentOwner();
  return owner === undefined ? message : `${owner}: ${message}`;
}
