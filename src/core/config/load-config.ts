// Loads plugins.json: parsed with places, references expanded, validated as a whole, frozen.

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { z } from 'zod';
import { flatIssues, pathText, schemaProblems } from '../errors/schema-problems.js';
import { SkepError, throwProblems } from '../errors/skep-error.js';
import type { JsonValue } from '../json.js';
import { rememberSecretsOf } from '../log/known-secrets.js';
import {
  type Environment,
  emptyVariables,
  expandReferences,
  readEnvironment,
} from './environment.js';
import { JsonDocument } from './json-document.js';

export interface LoadedConfig<C> {
  readonly config: C;
  readonly environment: Environment;
  /** Names of variables that are set to nothing: `MARIA_URL=` says that the embedded default is meant. */
  readonly emptyVariables: ReadonlySet<string>;
  /** Absolute path of plugins.json. */
  readonly file: string;
  /** Absolute path of the data folder; it may not exist yet. */
  readonly dataDir: string;
  /** Where a value of the file stands, for messages. */
  place(path: readonly PropertyKey[]): string;
}

export interface LoadOptions<S extends z.ZodType> {
  readonly file: string;
  readonly schema: S;
  readonly variables: Environment;
  /** Places in messages are told relative to this folder. */
  readonly cwd: string;
}

/**
 * Reads and validates plugins.json and the environment.
 * @throws SkepError `SKEP_CONFIG_NOT_FOUND`, `SKEP_CONFIG_SYNTAX`; SkepProblems with every `SKEP_CONFIG_INVALID`.
 */
export function loadConfig<S extends z.ZodType>(
  options: LoadOptions<S>,
): LoadedConfig<z.output<S>> {
  const file = resolve(options.cwd, options.file);
  const folder = dirname(file);
  const document = new JsonDocument(readText(file), relative(options.cwd, file) || options.file);
  const place = (path: readonly PropertyKey[]): string => document.place(path);
  const environment = readEnvironment(folder, options.variables);
  // Before anything can go wrong with them.
  rememberSecretsOf(environment);
  const expanded = expandReferences(document.value, environment, place);
  throwProblems(expanded.problems);
  const config = validate(options.schema, expanded.value, expanded.paths, place);
  const dataDir = resolve(folder, environment.SKEP_DATA_DIR ?? '.skep');
  const empty = emptyVariables(folder, options.variables);
  return {
    config: freeze(config),
    environment,
    emptyVariables: empty,
    file,
    dataDir,
    place,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const message = code === 'ENOENT' ? `there is no ${file}` : `${file} cannot be read (${code})`;
    throw new SkepError('SKEP_CONFIG_NOT_FOUND', message, { cause: error });
  }
}

function validate<S extends z.ZodType>(
  schema: S,
  value: JsonValue,
  fromEnvironment: Expanded['paths'],
  place: (path: readonly PropertyKey[]) => string,
): z.output<S> {
  let parsed = schema.safeParse(value);
  if (!parsed.success) {
    parsed = schema.safeParse(withTypes(value, parsed.error, fromEnvironment));
  }
  if (parsed.success) return parsed.data;
  const at = { code: 'SKEP_CONFIG_INVALID', locate: place } as const;
  throwProblems(schemaProblems(schema, parsed.error, at));
  throw parsed.error;
}

type Expanded = ReturnType<typeof expandReferences>;

/** The environment holds texts alone: where the schema wants a number or boolean, a reference is read as one. */
function withTypes(value: JsonValue, error: z.ZodError, paths: Expanded['paths']): JsonValue {
  const referenced = new Set(paths.map(pathText));
  const wanted = new Set(
    flatIssues(error.issues)
      .filter((issue) => issue.code === 'invalid_type')
      .map((issue) => pathText(issue.path))
      .filter((path) => referenced.has(path)),
  );
  const convert = (at: JsonValue, path: PropertyKey[]): JsonValue => {
    if (Array.isArray(at)) return at.map((each, index) => convert(each, [...path, index]));
    if (typeof at === 'object' && at !== null) {
      return Object.fromEntries(
        Object.entries(at).map(([key, each]) => [key, convert(each, [...path, key])]),
      );
    }
    const scalar = typeof at === 'string' && /^(true|false|-?\d+(\.\d+)?)$/.test(at);
    return scalar && wanted.has(pathText(path)) ? (JSON.parse(at) as JsonValue) : at;
  };
  return convert(value, []);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const each of Object.values(value)) freeze(each);
  }
  return value;
}
