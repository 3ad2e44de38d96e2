// How connections to a server go over the network, from its URL and its options.
import { isLoopback } from '../../core/loopback.js';
import type { Transport } from '../engine.js';
import type { TlsOptions } from '../tls.js';
import type { ServerTarget } from '../url.js';

/** @param byDefault what the driver does when nothing is said of TLS */
export function transportOf(
  target: ServerTarget,
  options: TlsOptions | undefined,
  byDefault = false,
): Transport {
  const tls = options ?? target.tls ?? byDefault;
  return {
    isLoopback: isLoopback(target.host),
    isEncrypted: tls !== false,
    isVerified: typeof tls !== 'object' || tls.rejectUnauthorized,
  };
}
