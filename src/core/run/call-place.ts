// The line of a task from which a function of Skep was called: noted cheaply with each call, made readable only when it is needed.
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where a function was called from. V8 makes text of it when `stack` is first read. */
export interface Trace {
  readonly stack?: unknown;
}

/** The caller of the function, and one more where the engine leaves the first out. */
const frames = 2;

/**
 * Notes where a function was called from.
 * @param entry the function; it must be on the stack, and not a bound one.
 */
export function traceFrom(entry: (...args: never[]) => unknown): Trace {
  const trace: Trace = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = frames;
  Error.captureStackTrace(trace, entry);
  Error.stackTraceLimit = stackTraceLimit;
  return trace;
}

/** File, line and column; relative to the working directory where the file is in it. Undefined when it is not known. */
export function placeOf({ stack }: Trace): string | undefined {
  if (typeof stack !== 'string') return undefined;
  const found = /^\s+at (?:.*\()?(?<place>(?:file:|\/|[A-Za-z]:\\).*:\d+:\d+)\)?$/m.exec(stack);
  const place = found?.groups?.place;
  if (place === undefined) return undefined;
  const position = /:\d+:\d+$/.exec(place)?.[0] ?? '';
  const name = place.slice(0, place.length - position.length);
  const file = name.startsWith('file:') ? fileURLToPath(name) : name;
  const near = relative(process.cwd(), file);
  return `${near === '' || near.startsWith('..') ? file : near}${position}`;
}
