// Which errors of networks pass by themselves: those of sockets, of name servers and of HTTP.
import { type ErrorFacts, factsOf } from './error-facts.js';

/**
 * ENOTFOUND is not here: a name that does not exist is a mistake far more often than a name server that is wrong for a
 * while, and that one says EAI_AGAIN. Certificates that do not fit are not here either.
 */
const codes = new Set<unknown>([
  // Node's sockets and its resolver
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'EPIPE',
  'ESERVFAIL',
  'ETIMEDOUT',
  'ETIMEOUT',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'ERR_STREAM_PREMATURE_CLOSE',
  // fetch (undici)
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
  // request and its successors
  'ESOCKETTIMEDOUT',
  // Skep's own queue
  'SKEP_QUEUE_UNREACHABLE',
]);

/** `TimeoutError`: `AbortSignal.timeout()`, got, ky. `NotInTime`: Skep's own limits of connecting. */
const timeouts = new Set<unknown>(['TimeoutError', 'NotInTime']);

/** Too many requests, bad gateway, service unavailable, gateway timeout. */
const passingStatuses = new Set([429, 502, 503, 504]);

/** True for an error of a socket, a name server or a client of HTTP that passes by itself. */
export function isPassingNetworkError({ code, name }: ErrorFacts): boolean {
  return codes.has(code) || timeouts.has(name);
}

/** True for a status with which a server asks, in effect, to come again later. */
export const isPassingStatus = (status: number): boolean => passingStatuses.has(status);

/**
 * The HTTP status of 400 to 599 that an error carries, wherever its client puts it: `response.status` (axios, ky, a
 * Response), `response.statusCode` (got), `status`, `statusCode`, `$metadata.httpStatusCode` (AWS). Undefined without one.
 */
export function httpStatus(error: ErrorFacts): number | undefined {
  const response = factsOf(error.response);
  const metadata = factsOf(error.$metadata) as { readonly httpStatusCode?: unknown } | undefined;
  const places = [
    response?.status,
    response?.statusCode,
    error.status,
    error.statusCode,
    metadata?.httpStatusCode,
  ];
  return places.find(isStatus);
}

const isStatus = (value: unknown): value is number =>
  typeof value === 'number' && value >= 400 && value <= 599;
