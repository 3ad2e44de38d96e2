// Where Redis is: the URL in REDIS_URL, and TLS from plugins.json. What is said about a bad one never holds the password.
import { SkepError } from '../../../core/errors/skep-error.js';
import { isLoopback } from '../../../core/loopback.js';
import type { BrokerWarning } from '../../../core/ports/broker.js';
import { type TlsOptions, type TlsSettings, tlsSettings } from '../../../datasources/tls.js';

export interface RedisAddress {
  readonly url: string;
  /** Undefined leaves it to the scheme of the URL. */
  readonly tls?: TlsSettings;
}

const place = 'REDIS_URL';
/** Options that a URL may have. Everything else is set by Skep, in `redis` of plugins.json, or in Redis. */
const allowed = new Set(['family']);
const encode = 'Percent-encode user and password: / is %2F, @ is %40, ? is %3F, % is %25.';

/** @throws SkepError `SKEP_CONFIG_INVALID` when the URL is none of Redis, or has options that it may not have. */
export function redisAddress(url: string, tls: TlsOptions | undefined): RedisAddress {
  const parsed = parse(url);
  if (tls === false && parsed.protocol === 'rediss:') {
    throw invalid(
      'asks for TLS, and "redis.tls" in plugins.json is false',
      'Leave one of them out.',
    );
  }
  const settings = tlsSettings(tls, 'redis.tls');
  return settings === undefined ? { url } : { url, tls: settings };
}

/** Host and port, without secrets. */
export function whereOf({ url }: RedisAddress): string {
  const { hostname, port } = parse(url);
  return `${hostname}:${port || 6379}`;
}

/** What a person should know of the way to it. */
export function transportWarnings({ url, tls }: RedisAddress): BrokerWarning[] {
  const { hostname, protocol } = parse(url);
  if (isLoopback(hostname)) return [];
  if (tls === undefined && protocol !== 'rediss:') {
    return [
      {
        message: `Redis at ${hostname} is not on this machine, and the connection is not encrypted: payloads and the password can be read on the way`,
        remedy: 'Write rediss:// in REDIS_URL, or set "redis": { "tls": … } in plugins.json.',
      },
    ];
  }
  if (tls?.rejectUnauthorized !== false) return [];
  return [
    {
      message: `the certificate of Redis at ${hostname} is not verified: anybody on the way can take its place`,
      remedy: 'Give the certificate of its authority in "redis": { "tls": { "ca": … } }.',
    },
  ];
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw invalid(
      'is not a URL such as redis://host:6379/0',
      'Begin it with redis:// or, for TLS, rediss://. User and password stand before the host, divided by a colon and ended by an @.',
    );
  }
  if (parsed.port === '0') throw invalid('has the port 0', 'Give the port of Redis, or none.');
  if (!isEncoded(parsed.username) || !isEncoded(parsed.password)) {
    throw invalid('has a "%" in user or password that encodes nothing', encode);
  }
  for (const name of parsed.searchParams.keys()) {
    // Not named: after an unencoded ? in a password, this would be a part of it.
    if (allowed.has(name)) continue;
    throw invalid(
      'has an option that it does not take',
      `Leave out what is after the "?". Skep sets how its connections behave; TLS, prefix and time limits are set in "redis" of plugins.json. ${encode}`,
    );
  }
  // What it ends in is not told: after an unencoded / in a password, that is a part of it.
  if (!/^\/?\d*$/.test(parsed.pathname)) {
    throw invalid(
      'does not end in the number of a database',
      `End it in /0 or another number, or in nothing. ${encode}`,
    );
  }
  return parsed;
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const invalid = (what: string, remedy: string): SkepError =>
  new SkepError('SKEP_CONFIG_INVALID', `${place} ${what}`, { place, remedy });
