// An error as it is stored and logged: a code, one message with its causes, the stack apart.
import { SkepError } from '../errors/skep-error.js';
import type { RecordedError } from '../execution.js';
import { redactText } from '../log/redact.js';

const longestMessage = 2_000;
const longestStack = 8_000;

/** Records whatever was thrown, without secrets and bounded in size. Never throws. */
export function recordError(error: unknown): RecordedError {
  if (!(error instanceof Error)) {
    return { code: 'Error', message: cut(`thrown: ${describe(error)}`, longestMessage) };
  }
  const code = error instanceof SkepError ? error.code : error.name || 'Error';
  const record = { code, message: cut(redactText(withCauses(error)), longestMessage) };
  return error.stack === undefined
    ? record
    : { ...record, stack: cut(redactText(error.stack), longestStack) };
}

function withCauses(error: Error): string {
  const messages = [String(error.message)];
  let cause = error.cause;
  for (let depth = 0; cause instanceof Error && depth < 5; depth++, cause = cause.cause) {
    if (!messages.some((message) => message.includes(String((cause as Error).message)))) {
      messages.push(String(cause.message));
    }
  }
  return messages.filter((message) => message !== '').join(': ');
}

function describe(value: unknown): string {
  try {
    return typeof value === 'string'
      ? redactText(value)
      : redactText(String(JSON.stringify(value)));
  } catch {
    return typeof value;
  }
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;
