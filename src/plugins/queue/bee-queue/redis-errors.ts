// Turns what Redis and its client say into errors of the catalogue.
import type { ErrorCode } from '../../../core/errors/catalogue.js';
import { SkepError } from '../../../core/errors/skep-error.js';

const refused = /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid password|AUTH|Client sent AUTH))/;
const unfit =
  /^(READONLY|MISCONF|OOM|EXECABORT|CLUSTERDOWN|MOVED|ASK|NOREPLICAS|MASTERDOWN|LOADING|WRONGTYPE|ERR unknown command)/;
/** Of our own doing or of a lost connection: the command may or may not have been carried out. */
const broken =
  /Connection is closed|aborted due to connection close|max retries per request|isn't writeable|ECONN|EPIPE|ETIMEDOUT|Socket timeout|timed out|Connection in subscriber/i;

/** Whether the connection broke, so that the same may work in a moment. */
export function isBroken(error: unknown): boolean {
  return (
    error instanceof Error &&
    (broken.test(error.message) || /^(LOADING|READONLY)/.test(error.message))
  );
}

/** @param where address of the server, without secrets. */
export function queueError(error: unknown, where: string): unknown {
  if (error instanceof SkepError || !(error instanceof Error)) return error;
  const message = `Redis at ${where}: ${error.message}`;
  const code = codeOf(error.message);
  return code === undefined ? error : new SkepError(code, message, { cause: error });
}

function codeOf(message: string): ErrorCode | undefined {
  if (refused.test(message)) return 'SKEP_QUEUE_REFUSED';
  if (unfit.test(message)) return 'SKEP_QUEUE_UNFIT';
  return broken.test(message) || /ENOTFOUND|EAI_AGAIN|EHOST/.test(message)
    ? 'SKEP_QUEUE_UNREACHABLE'
    : undefined;
}

export function unreachable(where: string, waitedMs: number, cause?: unknown): SkepError {
  const why = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : '';
  const message = `Redis at ${where} did not answer within ${Math.round(waitedMs)} ms${why}`;
  return new SkepError('SKEP_QUEUE_UNREACHABLE', message, { cause });
}

export function queueClosed(): SkepError {
  return new SkepError('SKEP_BROKER_CLOSED', 'the queue has been closed');
}
