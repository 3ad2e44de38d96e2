// Errors of connections: a class for `@Retry`, and how what a driver reports becomes a catalogued error.
import { causes, SkepError, type SkepErrorOptions } from '../core/errors/skep-error.js';
import { addressOf, type Target } from './url.js';

type ConnectionErrorCode = 'SKEP_CONNECT_FAILED' | 'SKEP_CONNECTION_LOST' | 'SKEP_LEASE_TIMEOUT';

/**
 * A database could not be reached, its connection was lost, or none became free in time. A refused password is no
 * ConnectionError. Databases only, and not each of them passes: for `@Retry` there is `transient`.
 */
export class ConnectionError extends SkepError {
  override readonly name = 'ConnectionError';

  constructor(code: ConnectionErrorCode, message: string, options: SkepErrorOptions = {}) {
    super(code, message, options);
  }
}

/** The `code` that drivers and Node put on their errors. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : String(error.code);
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing accepts connections there',
  ENOTFOUND: 'the host is unknown',
  EAI_AGAIN: 'the host name cannot be looked up',
  ETIMEDOUT: 'no answer in time',
  ECONNRESET: 'the connection was cut while it was being opened',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
};

/** What a failed attempt to connect to a server is reported as. */
export function connectError(
  source: string,
  target: Target,
  cause: unknown,
  denied: boolean,
): SkepError {
  const address = addressOf(target);
  const details = { source, address };
  const text = cause instanceof Error ? cause.message : String(cause);
  if (denied) {
    const what =
      codeOf(cause) === 'ER_DBACCESS_DENIED_ERROR'
        ? 'lets the user in, and not into this database'
        : 'refuses the login';
    // The server says which user from which host it took the connection for, which is often not the one that was meant.
    return new SkepError('SKEP_ACCESS_DENIED', `${source}: ${address} ${what}: ${text}`, {
      cause,
      details,
    });
  }
  const why = reasons[codeOf(cause)] ?? (text === '' ? codeOf(cause) : text);
  return new ConnectionError(
    'SKEP_CONNECT_FAILED',
    `${source} cannot be reached at ${address}: ${why}`,
    {
      cause,
      details,
    },
  );
}

const rights = new Set([
  'ER_TABLEACCESS_DENIED_ERROR',
  'ER_DBACCESS_DENIED_ERROR',
  'ER_SPECIFIC_ACCESS_DENIED_ERROR',
]);

/** What a statement is reported as that the user of the URL has no right to; undefined for any other failure. */
export function notAllowed(source: string, error: unknown): SkepError | undefined {
  const isRefused = causes(error).some((each) => rights.has(codeOf(each)));
  if (!(error instanceof Error) || !isRefused) return undefined;
  return new SkepError('SKEP_ACCESS_DENIED', `${source}: ${error.message}`, {
    cause: error,
    remedy: 'Grant the user of the URL that right, or use a URL of a user who has it.',
  });
}
