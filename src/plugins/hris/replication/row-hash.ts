// The hash of a replicated row, by which a changed one is known.
import { createHash } from 'node:crypto';

/** Hash of a row's values in the order of its keys: 27 characters. */
export function rowHash(values: object): string {
  return createHash('sha1')
    .update(JSON.stringify(Object.values(values)))
    .digest('base64url');
}
