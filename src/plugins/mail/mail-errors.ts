// Which failures of sending are worth another attempt: lost connections and 4xx replies, never 5xx.
import type { ErrorCode, NodemailerError } from 'nodemailer';

/** The mail was not taken over, and a later attempt may succeed: a 4xx reply or no connection. */
export class TemporaryMailError extends Error {
  override readonly name = 'TemporaryMailError';
}

/** The mail was refused for good: a 5xx reply, or a mistake that stays one. */
export class PermanentMailError extends Error {
  override readonly name = 'PermanentMailError';
}

/** How one recipient was refused. */
export interface Refusal {
  readonly address: string;
  /** The server's reply, such as `450 4.2.0 greylisted`. */
  readonly reply: string;
  readonly temporary: boolean;
}

/** Errors of nodemailer that are about the connection; a failed TLS handshake is one of them. */
const connectionErrors: ReadonlySet<string> = new Set<ErrorCode>([
  'ECONNECTION',
  'ESOCKET',
  'ETIMEDOUT',
  'EDNS',
  'ETLS',
]);

/** Turns what nodemailer throws into an error that says whether to retry. A reply outranks the error's code. */
export function mailError(error: unknown): TemporaryMailError | PermanentMailError {
  const {
    code = '',
    responseCode,
    message = String(error),
  }: Partial<NodemailerError> = Object(error);
  if (responseCode !== undefined) {
    return isTemporaryReply(responseCode)
      ? new TemporaryMailError(`the mail server put the mail off: ${message}`, { cause: error })
      : new PermanentMailError(`the mail server refused the mail: ${message}`, { cause: error });
  }
  return connectionErrors.has(code)
    ? new TemporaryMailError(`no connection to the mail server: ${message}`, { cause: error })
    : new PermanentMailError(`the mail cannot be sent: ${message}`, { cause: error });
}

/** How the recipients were refused that the server did not take along with the others. */
export function refusals(errors: readonly NodemailerError[] | undefined): Refusal[] {
  return (errors ?? []).map(({ recipient = '', response = '', responseCode }) => ({
    address: recipient,
    reply: response,
    temporary: responseCode !== undefined && isTemporaryReply(responseCode),
  }));
}

const isTemporaryReply = (code: number): boolean => code >= 400 && code < 500;
