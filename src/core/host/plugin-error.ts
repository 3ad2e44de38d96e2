// Errors that come out of a plugin's own code, named after the plugin: a bare "listen EADDRINUSE" helps nobody, and is
// no defect of Skep.
import { formatMs } from '../duration.js';
import type { ErrorCode } from '../errors/catalogue.js';
import { SkepError, SkepProblems, messageOf as textOfThrown } from '../errors/skep-error.js';
import { NotInTime } from '../within.js';

/** What of a plugin failed. */
export interface PluginStep {
  /** Name of the plugin. */
  readonly plugin: string;
  /** After `plugin "name"`: `failed to start`, `its role "http" failed to start`. */
  readonly what: string;
  /** The same where the step did not end in time: `did not start`. */
  readonly late?: string;
  /** For errors that have no code of the catalogue. */
  readonly code: Extract<
    ErrorCode,
    'SKEP_PLUGIN_LOAD' | 'SKEP_PLUGIN_START' | 'SKEP_PLUGIN_FAILED'
  >;
}

/**
 * The error as it is reported. An error of the catalogue keeps its code, place and remedy; everything else gets the code
 * of the step. The message names the plugin.
 */
export function pluginError(step: PluginStep, error: unknown): SkepError {
  if (error instanceof SkepProblems) {
    return new SkepProblems(error.problems.map((problem) => pluginError(step, problem)));
  }
  const message = messageOf(step, error);
  if (!(error instanceof SkepError) || error.code === 'SKEP_INTERNAL') {
    const remedy = portRemedy(error);
    return new SkepError(step.code, message, { cause: error, ...(remedy ? { remedy } : {}) });
  }
  const { code, place, remedy, details } = error;
  return new SkepError(code, message, {
    cause: error,
    remedy,
    details,
    ...(place === undefined ? {} : { place }),
  });
}

/** Of a failed listen, the remedy of the step would lead astray: no time helps. */
function portRemedy(error: unknown): string | undefined {
  if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
    return undefined;
  }
  return 'Another process listens on this address: end it, or give the plugin another port.';
}

function messageOf({ plugin, what, late }: PluginStep, error: unknown): string {
  const name = `plugin "${plugin}"`;
  if (error instanceof NotInTime) {
    return `${name} ${late ?? what} within ${formatMs(error.timeoutMs)}`;
  }
  const text = textOf(error);
  // It has named itself.
  if (error instanceof SkepError && text.includes(name)) return text;
  return `${name} ${what}${text === '' ? '' : `: ${text}`}`;
}

/** The message; of an AggregateError, as of a refused connection, those of its errors. */
function textOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return [...new Set(error.errors.map(textOf))].join('; ');
  }
  return error instanceof Error && error.message === '' ? '' : textOfThrown(error);
}
