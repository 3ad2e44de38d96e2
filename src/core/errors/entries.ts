// What is known of an error by its code: from the catalogue of Skep, or from the plugin that has it.
import { type CatalogueEntry, type ExitCode, entry } from './catalogue/entry.js';
import { type ErrorCode, errorCatalogue } from './catalogue.js';

/** What a plugin says of one of its own codes. */
export interface PluginErrorEntry {
  /** What causes it: one sentence. */
  readonly cause: string;
  /** What a person does about it: one sentence. */
  readonly remedy: string;
  /** How a command that ends with it exits. Default: 1. */
  readonly exitCode?: ExitCode;
}

/** A code of Skep, or of a plugin. */
export type AnyErrorCode = ErrorCode | (string & Record<never, never>);

const ofPlugins = new Map<string, CatalogueEntry>();

/** Makes the codes of a plugin known in this process. */
export function addErrorCodes(codes: Readonly<Record<string, PluginErrorEntry>>): void {
  for (const [code, { cause, remedy, exitCode = 1 }] of Object.entries(codes)) {
    ofPlugins.set(code, entry(exitCode, cause, remedy));
  }
}

const unknown = entry(
  1,
  'A plugin failed with a code of its own.',
  'See the message, and what the plugin says of this code.',
);

/** What is known of a code; undefined when neither Skep nor an enabled plugin has it. */
export function entryOf(code: string): CatalogueEntry | undefined {
  const own: Readonly<Record<string, CatalogueEntry>> = errorCatalogue;
  return Object.hasOwn(own, code) ? own[code] : ofPlugins.get(code);
}

/** The same, with general words for a code that nobody has described. */
export const describedEntry = (code: string): CatalogueEntry => entryOf(code) ?? unknown;
