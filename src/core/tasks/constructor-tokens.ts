// What the constructor of a class asks for: its parameters with the tokens that `@inject` named.
import 'reflect-metadata';
import type { ErrorCode } from '../errors/catalogue.js';
import { SkepError } from '../errors/skep-error.js';

/** A class whose constructor the container calls. */
// biome-ignore lint/suspicious/noExplicitAny: constructor parameters are injected, whatever they are
export type InjectedClass = new (...parameters: any[]) => object;

export interface ConstructorParameter {
  /** `constructor parameter 2 (config)`: for messages. */
  readonly label: string;
  /** Undefined when no `@inject` stands before the parameter. */
  readonly token: unknown;
  /** Whether it is left undefined where nothing is registered. */
  readonly isOptional: boolean;
}

/** The metadata key under which tsyringe keeps the tokens of constructor parameters. */
const injectionTokensKey = 'injectionTokens';

const tokensOf = (type: object): Readonly<Record<string, unknown>> =>
  Reflect.getOwnMetadata(injectionTokensKey, type) ?? {};

/** The parameters of the constructor that is written in the class, first to last. */
export function constructorParameters(type: InjectedClass): ConstructorParameter[] {
  const tokens = tokensOf(type);
  // A parameter with a default value, and those after it, do not count in `length`.
  const count = Math.max(type.length, ...Object.keys(tokens).map((index) => Number(index) + 1));
  const names = parameterNames(type);
  return Array.from({ length: count }, (_, index) => {
    const name = names[index] === undefined ? '' : ` (${names[index]})`;
    return { label: `constructor parameter ${index + 1}${name}`, ...tokenIn(tokens[index]) };
  });
}

/** tsyringe wraps some tokens into an object that also says how they are resolved. */
function tokenIn(written: unknown): Pick<ConstructorParameter, 'token' | 'isOptional'> {
  if (typeof written !== 'object' || written === null || !('token' in written)) {
    return { token: written, isOptional: false };
  }
  return {
    token: written.token,
    isOptional: 'isOptional' in written && written.isOptional === true,
  };
}

/** Names as they are written, where the parameters are plain names; a name is for messages only. */
function parameterNames(type: InjectedClass): string[] {
  const [, list = ''] =
    /\bconstructor\s*\(([^)]*)\)/.exec(Function.prototype.toString.call(type)) ?? [];
  const names = list.split(',').map((name) => name.trim());
  return names.every((name) => /^[\w$]+$/.test(name)) ? names : [];
}

/** A parameter without a token would be `undefined` at run time; it is found at boot instead. */
export function constructorProblems(
  type: InjectedClass,
  place: string,
  code: ErrorCode,
): SkepError[] {
  const problems: SkepError[] = [];
  if (inheritsParameters(type)) {
    const message = 'the class inherits a constructor with parameters, which get no tokens';
    const remedy = 'Write a constructor with @inject(…) on each parameter that calls super(…).';
    problems.push(new SkepError(code, message, { place, remedy }));
  }
  for (const { label, token } of constructorParameters(type).slice(0, type.length)) {
    if (token !== undefined) continue;
    const message = `${label} has no token; write @inject(…) before it`;
    problems.push(new SkepError(code, message, { place }));
  }
  return problems;
}

/** Tokens belong to the constructor they are written on; the container knows none for one that is inherited. */
function inheritsParameters(type: object): boolean {
  const parent: unknown = Object.getPrototypeOf(type);
  if (typeof parent !== 'function' || parent === Function.prototype) return false;
  if (/\bconstructor\s*\(/.test(Function.prototype.toString.call(type))) return false;
  return Object.keys(tokensOf(parent)).length > 0 || inheritsParameters(parent);
}
