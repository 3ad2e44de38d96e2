// `@inject`: names the token of a constructor parameter, a class, a symbol or something that holds one.
import 'reflect-metadata';
import { type InjectionToken, inject as tsyringeInject } from 'tsyringe';

/** An object that stands for an injectable value, such as the definition of a data source. */
export interface TokenHolder {
  readonly injectionToken: symbol;
}

/** What `@inject` takes: an abstract class such as RunContext serves as well as a concrete one. */
export type Token =
  | InjectionToken
  | TokenHolder
  | (abstract new (
      ...parameters: never[]
    ) => unknown);

/** Names what is injected into a constructor parameter: `constructor(@inject(Maria) maria: ScopedDataSource)`. */
export function inject(token: Token): ParameterDecorator {
  const decorate = tsyringeInject(injectionToken(token));
  return (target, property, index) => decorate(target, property, index);
}

/** The token under which the container knows what `@inject(token)` names. */
export function injectionToken<T>(token: Token): InjectionToken<T> {
  const holds = typeof token === 'object' && 'injectionToken' in token;
  // tsyringe compares tokens by identity alone; its type merely leaves out abstract classes.
  return (holds ? token.injectionToken : token) as InjectionToken<T>;
}
