// Module hooks that those of tsx ask: a plugin in TypeScript is an ES module, whatever the package.json around it says.
// `paths` of its tsconfig are honoured.
// `npm init` writes "type": "commonjs", and as CommonJS the plugin would get a second copy of the core.

import { urlFromPaths } from './typescript-paths.js';

interface Resolved {
  readonly url: string;
  readonly format?: string | null | undefined;
}
type Next<C, R> = (name: string, context: C) => R | Promise<R>;

const isPluginSource = (url: string): boolean =>
  /^file:.*\.ts(\?|$)/.test(url) && !url.includes('/node_modules/');

/** Works for both ways of registering: synchronous where `next` is, asynchronous otherwise. */
export function resolve(
  specifier: string,
  context: { readonly parentURL?: string | undefined },
  next: Next<object, Resolved>,
): Resolved | Promise<Resolved> {
  const asModule = (found: Resolved): Resolved =>
    isPluginSource(found.url) ? { ...found, format: 'module' } : found;
  const { parentURL = '' } = context;
  const mapped = isPluginSource(parentURL) ? urlFromPaths(specifier, parentURL) : undefined;
  const found = next(mapped ?? specifier, context);
  return found instanceof Promise ? found.then(asModule) : asModule(found);
}

export function load<R>(
  url: string,
  context: { format?: string },
  next: Next<object, R>,
): R | Promise<R> {
  return next(url, isPluginSource(url) ? { ...context, format: 'module' } : context);
}
