// Matchers for `@Retry({ on: […] })`: errors that pass by themselves, so that trying again later may succeed.
import { isPassingDatabaseError } from './database-codes.js';
import { type ErrorFacts, factsOf } from './error-facts.js';
import { httpStatus, isPassingNetworkError, isPassingStatus } from './network-codes.js';

/** What a matcher takes. */
interface Taken {
  readonly database: boolean;
  readonly network: boolean;
}

/** Causes deeper than this are not read; nobody wraps an error so often, and a circle of causes ends here. */
const deepest = 12;

/**
 * Matches errors of databases and of networks that pass by themselves: {@link transientDatabase} and
 * {@link transientNetwork} together.
 *
 * @example
 * ```ts
 * @Task({ code: 'import_orders' })
 * @Retry({ maxRetries: 5, on: [transient], delay: '30s' })
 * export class ImportOrders { … }
 * ```
 */
export const transient = (error: unknown): boolean =>
  passes(error, { database: true, network: true });

/**
 * Matches errors of databases that pass by themselves: a deadlock, a lock that was not free in time, a connection that was
 * refused or lost, too many connections, a server that shuts down or starts, on MariaDB and MySQL, PostgreSQL, SQL Server,
 * and SQLite (`SQLITE_BUSY`, `SQLITE_LOCKED`). It reads the causes of an error, and `driverError` of TypeORM's
 * QueryFailedError.
 *
 * It does not match a syntax error, a violated constraint, a refused user, a host whose name does not exist, or a statement
 * that somebody cancelled. Nor does it match errors of sockets that no database is known to have reported.
 */
export const transientDatabase = (error: unknown): boolean =>
  passes(error, { database: true, network: false });

/**
 * Matches errors of networks that pass by themselves: a connection that was refused or reset, no answer in time, a name server
 * that asks to try again (`EAI_AGAIN`), a `fetch` that failed for one of these, and HTTP 429, 502, 503 and 504 where the
 * error carries the status (axios, got, ky, a thrown Response, …). It reads the causes of an error; an AggregateError matches
 * when each of its errors does.
 *
 * It does not match any other status (400, 401, 404, 500, …), a host whose name does not exist, a certificate that does not
 * fit, or a request whose signal was aborted, except by `AbortSignal.timeout()`.
 */
export const transientNetwork = (error: unknown): boolean =>
  passes(error, { database: false, network: true });

function passes(error: unknown, taken: Taken): boolean {
  try {
    return doesPass(error, taken, false, 0);
  } catch {
    // A getter of a foreign error threw: what cannot be read is not known to pass.
    return false;
  }
}

/** @param ofDatabase an error further out came from a database, so that this one of a socket is the database's. */
function doesPass(value: unknown, taken: Taken, ofDatabase: boolean, depth: number): boolean {
  const error = factsOf(value);
  if (error === undefined || depth > deepest) return false;
  if (isAbort(error)) return taken.network && factsOf(error.cause)?.name === 'TimeoutError';
  const status = httpStatus(error);
  // A server that answered has decided; why its client threw does not matter any more.
  if (status !== undefined) return taken.network && isPassingStatus(status);
  const database = ofDatabase || isOfDatabase(error);
  const deeper = (inner: unknown): boolean => doesPass(inner, taken, database, depth + 1);
  if (isAggregate(error)) return error.errors.every(deeper);
  if (taken.database && isPassingDatabaseError(error)) return true;
  if ((taken.network || (taken.database && database)) && isPassingNetworkError(error)) return true;
  return deeper(error.driverError) || deeper(error.cause);
}

const isOfDatabase = (error: ErrorFacts): boolean =>
  'driverError' in error || error.code === 'SKEP_CONNECT_FAILED';

/** Somebody wanted the end of it. */
const isAbort = ({ name, code }: ErrorFacts): boolean =>
  name === 'AbortError' ||
  code === 'ABORT_ERR' ||
  code === 'ERR_CANCELED' ||
  code === 'UND_ERR_ABORTED';

/** Several attempts in one, such as the addresses of a host: all must pass for the whole to pass. */
const isAggregate = (
  error: ErrorFacts,
): error is ErrorFacts & { readonly errors: readonly unknown[] } =>
  error.name === 'AggregateError' && Array.isArray(error.errors) && error.errors.length > 0;
