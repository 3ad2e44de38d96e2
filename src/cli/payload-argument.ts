// The payload on the command line: JSON, or @file with JSON, or @- for standard input.
import { readFileSync } from 'node:fs';
import { SkepError } from '../core/errors/skep-error.js';
import type { JsonValue } from '../core/json.js';

/**
 * Reads the value of `--payload`.
 * @throws SkepError `SKEP_PAYLOAD_INVALID` when it is not JSON, `SKEP_USAGE` when the file cannot be read.
 */
export function readPayload(argument: string | undefined): JsonValue | undefined {
  if (argument === undefined) return undefined;
  const text = argument.startsWith('@') ? readText(argument.slice(1)) : argument;
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new SkepError(
      'SKEP_PAYLOAD_INVALID',
      `the payload is not JSON: ${(error as Error).message}`,
      {
        cause: error,
        place: '--payload',
        remedy: `Quote it for the shell: --payload '{"name":"Ada"}', or write it to a file and give @file.json.`,
      },
    );
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new SkepError('SKEP_USAGE', `the payload file ${file} cannot be read`, { cause: error });
  }
}
