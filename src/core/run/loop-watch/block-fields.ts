// The fields of a log line about a block, in whichever thread it is written.
import type { LogFields } from '../../log/logger.js';
import type { Block } from './messages.js';

/** Names the run that is to blame, or all that may be when that is not known. */
export function blockFields({ blockedMs, culprit, running }: Block): LogFields {
  const fields = { blockedMs: Math.round(blockedMs) };
  if (culprit === undefined) return { ...fields, running };
  const { run, stack } = culprit;
  const at = stack.find((call) => !/node:|<anonymous>\)?$/.test(call));
  return { ...fields, ...run, ...(at === undefined ? {} : { at }), stack };
}
