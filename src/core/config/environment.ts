// The environment at boot: the process's variables over those of `.env`, and `${NAME:-default}` in texts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { SkepError } from '../errors/skep-error.js';
import type { JsonValue } from '../json.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables of the process over those of `.env` in the folder; an empty variable counts as not set.
 * @throws SkepError `SKEP_CONFIG_INVALID` when there is a `.env` that cannot be read.
 */
export function readEnvironment(folder: string, variables: Environment): Environment {
  const entries = Object.entries({ ...dotEnv(folder), ...variables }).filter(
    ([, value]) => value !== '',
  );
  return Object.freeze(Object.fromEntries(entries));
}

/** Names of variables that are set to nothing, in the process or in `.env`. */
export function emptyVariables(folder: string, variables: Environment): ReadonlySet<string> {
  const entries = Object.entries({ ...dotEnv(folder), ...variables });
  return new Set(entries.filter(([, value]) => value === '').map(([name]) => name));
}

function dotEnv(folder: string): Record<string, string> {
  const file = join(folder, '.env');
  try {
    return parse(readFileSync(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    const why = code === 'EISDIR' ? 'is a folder, not a file' : `cannot be read (${code})`;
    const remedy = 'Let the user of Skep read the file, or take it away.';
    throw new SkepError('SKEP_CONFIG_INVALID', `${file} ${why}`, { remedy, cause: error });
  }
}

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

export interface Expanded {
  readonly value: JsonValue;
  /** Paths of the texts that held a reference. */
  readonly paths: ReadonlyArray<readonly (string | number)[]>;
  readonly problems: readonly SkepError[];
}

/** Replaces the references in every text of a JSON value. */
export function expandReferences(
  value: JsonValue,
  environment: Environment,
  place: (path: readonly PropertyKey[]) => string,
): Expanded {
  const paths: (string | number)[][] = [];
  const problems: SkepError[] = [];
  const expand = (at: JsonValue, path: (string | number)[]): JsonValue => {
    if (Array.isArray(at)) return at.map((each, index) => expand(each, [...path, index]));
    if (typeof at === 'object' && at !== null) {
      if (Object.hasOwn(at, '__proto__')) {
        const message =
          'the key "__proto__" stands for something else in JavaScript, and would be lost';
        const where = place([...path, '__proto__']);
        problems.push(new SkepError('SKEP_CONFIG_INVALID', message, { place: where }));
      }
      return Object.fromEntries(
        Object.entries(at).map(([key, each]) => [key, expand(each, [...path, key])]),
      );
    }
    if (typeof at !== 'string' || !at.includes('${')) return at;
    paths.push(path);
    return at.replace(reference, (whole, name: string, fallback: string | undefined) => {
      // Of its own: `${toString}` is no variable.
      const found = (Object.hasOwn(environment, name) ? environment[name] : undefined) ?? fallback;
      if (found !== undefined) return found;
      const message = `the environment has no ${name}, and no default is given`;
      const remedy = `Set ${name}, or write \${${name}:-default}.`;
      problems.push(new SkepError('SKEP_CONFIG_INVALID', message, { place: place(path), remedy }));
      return whole;
    });
  };
  return { value: expand(value, []), paths, problems };
}
