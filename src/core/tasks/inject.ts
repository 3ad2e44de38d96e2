// `@inject`: names the token of a constructor parameter, a class, a symbol or something that holds one.
import { type InjectionToken, inject as tsyringeInject } from 'tsyringe';

/** An object that stands for an injectable value, such as the definition of a data source. */
export interface TokenHolder {
  readonly injectionToken: symbol;
}

/** What `@inject` takes. */
export type Token = InjectionToken | TokenHolder;

const isHolder = (token: Token): token is TokenHolder =>
  typeof token === 'object' && token !== null && 'injectionToken' in token;

/** Names what is injected into a constructor parameter: `constructor(@inject(Maria) maria: ScopedDataSource)`. */
export function inject(token: Token): ParameterDecorator {
  const decorate = tsyringeInject(isHolder(token) ? token.injectionToken : token);
  return (target, property, index) => decorate(target, property, index);
}
