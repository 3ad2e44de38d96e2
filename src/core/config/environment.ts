// The environment at boot: the process's variables over those of `.env`, and `${NAME:-default}` in texts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { SkepError } from '../errors/skep-error.js';
import type { JsonValue } from '../json.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of the process over those of `.env` in the folder; an empty variable counts as not set. */
export function readEnvironment(folder: string, variables: Environment): Environment {
  const file = join(folder, '.env');
  const fromFile = existsSync(file) ? parse(readFileSync(file)) : {};
  const entries = Object.entries({ ...fromFile, ...variables }).filter(([, value]) => value !== '');
  return Object.freeze(Object.fromEntries(entries));
}

/** Names of variables that are set to nothing, in the process or in `.env`. */
export function emptyVariables(folder: string, variables: Environment): ReadonlySet<string> {
  const file = join(folder, '.env');
  const fromFile = existsSync(file) ? parse(readFileSync(file)) : {};
  const entries = Object.entries({ ...fromFile, ...variables });
  return new Set(entries.filter(([, value]) => value === '').map(([name]) => name));
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
      return Object.fromEntries(
        Object.entries(at).map(([key, each]) => [key, expand(each, [...path, key])]),
      );
    }
    if (typeof at !== 'string' || !at.includes('${')) return at;
    paths.push(path);
    return at.replace(reference, (whole, name: string, fallback: string | undefined) => {
      const found = environment[name] ?? fallback;
      if (found !== undefined) return found;
      const message = `the environment has no ${name}, and no default is given`;
      const remedy = `Set ${name}, or write \${${name}:-default}.`;
      problems.push(new SkepError('SKEP_CONFIG_INVALID', message, { place: place(path), remedy }));
      return whole;
    });
  };
  return { value: expand(value, []), paths, problems };
}
