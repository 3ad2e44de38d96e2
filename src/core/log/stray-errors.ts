// Errors that no one awaits: logged with the run that caused them; the runtime stays up.
import type { Logger } from './logger.js';

/**
 * Logs floating rejections and stray exceptions of this thread instead of dying of them (DESIGN, invariant 7). Node
 * keeps the asynchronous context for both, so the line carries the ids of the run that let them go.
 */
export function surviveStrayErrors(logger: Logger): void {
  process.on('unhandledRejection', (error) =>
    logger.error('a promise that nobody awaited was rejected', { error }),
  );
  process.on('uncaughtException', (error) =>
    logger.error('an exception was thrown outside of any run', { error }),
  );
}
