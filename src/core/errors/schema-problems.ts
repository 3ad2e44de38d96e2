// Turns what a schema found into problems with place, expectation and the nearest right key.
import { z } from 'zod';
import { didYouMean } from '../suggest.js';
import type { ErrorCode } from './catalogue.js';
import { SkepError } from './skep-error.js';

export interface ProblemPlace {
  readonly code: ErrorCode;
  /** Where the value comes from, for a path inside it: `plugins.json:12:5 (plugins[0].options)`. */
  locate(path: readonly PropertyKey[]): string;
}

/** `plugins[0].options.zone` */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}

/** One problem for each mistake that zod found in a value. */
export function schemaProblems(
  schema: z.ZodType,
  error: z.ZodError,
  at: ProblemPlace,
): SkepError[] {
  return flatIssues(error.issues).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      return issue.keys.map((key) => {
        const message = `unknown key "${key}"${didYouMean(key, known)}`;
        const expected = known.length > 0 ? ` Known keys: ${known.join(', ')}.` : '';
        return new SkepError(at.code, message.endsWith('?') ? message : `${message}.${expected}`, {
          place: at.locate([...issue.path, key]),
        });
      });
    }
    const where = pathText(issue.path);
    return [
      new SkepError(
        at.code,
        where === '' ? plain(issue.message) : `${where}: ${plain(issue.message)}`,
        {
          place: at.locate(issue.path),
        },
      ),
    ];
  });
}

/** The message of zod without its jargon: `undefined` is a word of JavaScript, and no JSON has it. */
const plain = (message: string): string =>
  message
    .replace(/^Invalid input: expected (.+), received undefined$/, 'missing, expected $1')
    .replace(/^(Invalid input|Invalid option|Too small|Too big): /, '');

/**
 * The issues with those of unions taken apart: of the branches the one that was meant, which is one that does not
 * already fail by its type.
 */
export function flatIssues(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union') return [issue];
    const meant = issue.errors.find(
      (branch) => !branch.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
    );
    if (meant) {
      return flatIssues(meant.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })));
    }
    const expected = issue.errors
      .flat()
      .map((inner) => ('expected' in inner ? inner.expected : '?'));
    return [{ ...issue, message: `expected ${[...new Set(expected)].join(' or ')}` }];
  });
}

/** The keys that an object schema knows at a path; empty where the schema is no object. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const bare = unwrap(schema);
  if (bare instanceof z.ZodUnion) {
    return [...new Set(bare.options.flatMap((option) => keysAt(option, path)))];
  }
  const [head, ...rest] = path;
  if (head === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  if (bare instanceof z.ZodObject) {
    const next: z.core.$ZodType | undefined = bare.shape[String(head)];
    return next === undefined ? [] : keysAt(next, rest);
  }
  if (bare instanceof z.ZodRecord) return keysAt(bare.valueType, rest);
  if (bare instanceof z.ZodArray) return keysAt(bare.element, rest);
  return [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrap(schema.def.innerType);
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.def.in) : schema;
}
