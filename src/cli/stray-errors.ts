// Errors that no one awaits: logged with the run that caused them; the runtime stays up.
import type { Logger } from '../core/log/logger.js';

/**
 * Logs floating rejections and stray exceptions instead of dying of them (DESIGN, invariant 7). Node keeps the
 * asynchronous context for both, so the line carries the ids of the run that let them go.
 */
export function surviveStrayErrors(logger: Logger): Disposable {
  const onRejection = (error: unknown): void =>
    logger.error('a promise that nobody awaited was rejected', { error });
  const onException = (error: unknown): void =>
    logger.error('an exception was thrown outside of any run', { error });
  process.on('unhandledRejection', onRejection);
  process.on('uncaughtException', onException);
  return {
    [Symbol.dispose]() {
      process.off('unhandledRejection', onRejection);
      process.off('uncaughtException', onException);
    },
  };
}
