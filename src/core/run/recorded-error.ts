// An error as it is stored and logged: a code, one message with its causes, the stack apart.
import { describedEntry } from '../errors/entries.js';
import { SkepError } from '../errors/skep-error.js';
import type { RecordedError } from '../execution.js';
import { redactText } from '../log/redact.js';

const longestMessage = 2_000;
const longestStack = 8_000;
const mostCauses = 5;
/** Of an AggregateError. */
const mostParts = 5;
/** What this module made, so that recording it again changes nothing. */
const recorded = new WeakSet<object>();

/** Records whatever was thrown, without secrets and bounded in size. Never throws, whatever it is given. */
export function recordError(error: unknown): RecordedError {
  if (typeof error === 'object' && error !== null && recorded.has(error)) {
    return error as RecordedError;
  }
  const record = attempt(() => describeError(error)) ?? {
    code: 'Error',
    message: 'an error that cannot be described',
  };
  recorded.add(record);
  return record;
}

/** Takes a record that came from another thread for what it is, so that recording it again changes nothing. */
export function receiveRecorded(error: RecordedError): RecordedError {
  recorded.add(error);
  return error;
}

function describeError(error: unknown): RecordedError {
  if (!(error instanceof Error)) {
    return { code: 'Error', message: safeText(`thrown: ${describe(error)}`, longestMessage) };
  }
  const code = error instanceof SkepError ? error.code : textOf(error.name) || 'Error';
  const remedy = remedyOf(error);
  const record = {
    code,
    message: safeText(withCauses(error), longestMessage),
    ...(remedy === undefined ? {} : { remedy: safeText(remedy, longestMessage) }),
  };
  const stack = attempt(() => textOf(error.stack));
  return stack ? { ...record, stack: safeText(stack, longestStack) } : record;
}

/** The remedy that an error has of its own. */
function remedyOf(error: Error): string | undefined {
  if (!(error instanceof SkepError)) return undefined;
  return error.remedy === describedEntry(error.code).remedy ? undefined : error.remedy;
}

function withCauses(error: Error): string {
  const messages: string[] = [];
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < mostCauses; depth++, at = at.cause) {
    const message = textOf(at.message);
    if (message !== '' && !messages.some((other) => other.includes(message)))
      messages.push(message);
    if (at instanceof AggregateError) messages.push(...partsOf(at));
  }
  return messages.join(': ');
}

/** What an AggregateError stands for, as far as a message has room for it. */
function partsOf({ errors }: AggregateError): string[] {
  const parts = errors.slice(0, mostParts).map((each: unknown) => {
    const message = each instanceof Error ? textOf(each.message) || each.name : describe(each);
    return message.slice(0, 300);
  });
  const rest = errors.length - parts.length;
  return [`[${parts.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}]`];
}

/** Libraries replace `stack` and `message` by objects of their own. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const describe = (value: unknown): string =>
  attempt(() => (typeof value === 'string' ? value : JSON.stringify(value))) ?? typeof value;

/** Cut before it is searched for secrets: an error may carry megabytes. */
function safeText(text: string, length: number): string {
  const short = redactText(text.slice(0, length * 2));
  return short.length <= length ? short : `${short.slice(0, length - 1)}…`;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
