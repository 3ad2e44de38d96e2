// What the watching thread has the main thread evaluate while that one is paused: whose code it is at, and where.
import { currentRunFields } from '../../log/run-fields.js';
import type { Culprit } from './messages.js';

const key = 'skep.loop-watch';
/** Evaluated in the paused call, so in its asynchronous context. */
export const probeExpression = `globalThis[Symbol.for(${JSON.stringify(key)})]?.()`;
const mostCalls = 8;

/** Makes the main thread able to answer. Safe to call twice. */
export function installProbe(): void {
  Object.defineProperty(globalThis, Symbol.for(key), { value: probe, configurable: true });
}

function probe(): Culprit {
  const run = currentRunFields();
  return { ...(run ? { run } : {}), stack: callsBelowEvaluation(new Error().stack) };
}

/** A stack of its own rather than the debugger's calls, because Node applies source maps to it. */
function callsBelowEvaluation(stack = ''): string[] {
  const calls = stack
    .split('\n')
    .slice(1)
    .map((line) => line.trim().replace(/^at /, ''));
  const own = calls.findIndex((call) => call.startsWith('eval (eval at'));
  return calls.slice(own + 1, own + 1 + mostCalls);
}
