// Module hooks through which plugins in TypeScript run without a build step. A `.ts` file is an ES module, whatever the
// package.json around it says: `npm init` writes "type": "commonjs", and as CommonJS the plugin would get a second copy of
// the core. `paths` of its tsconfig are honoured.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileTypescript, helpers } from './typescript-compile.js';
import { fileFor, urlFromPaths } from './typescript-paths.js';

interface Resolved {
  readonly url: string;
  readonly format?: string | null | undefined;
  readonly importAttributes?: Readonly<Record<string, string>>;
}
interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: boolean;
}
type Next<C, R> = (name: string, context: C) => R | Promise<R>;

const isTypescript = (url: string): boolean => /^file:.*\.[mc]?tsx?(\?|$)/.test(url);

/** Works for both ways of registering: synchronous where `next` is, asynchronous otherwise. */
export function resolve(
  specifier: string,
  context: { readonly parentURL?: string | undefined },
  next: Next<object, Resolved>,
): Resolved | Promise<Resolved> {
  const { parentURL = '' } = context;
  if (!isTypescript(parentURL)) return asModule(next(specifier, context));
  // What compiled code needs is Skep's, wherever the plugin lies.
  if (specifier.startsWith(helpers))
    return next(specifier, { ...context, parentURL: import.meta.url });
  // A package brings no tsconfig of its own, and that of whoever installed it is not about it.
  const mapped = parentURL.includes('/node_modules/')
    ? undefined
    : urlFromPaths(specifier, parentURL);
  const file = mapped ?? fileFor(specifier, parentURL);
  return asModule(next(file ?? specifier, context));
}

export function load<R>(
  url: string,
  context: object,
  next: Next<object, R>,
): R | Loaded | Promise<R> {
  if (!isTypescript(url)) return next(url, context);
  const file = fileURLToPath(url);
  const source = compileTypescript(file, readFileSync(file, 'utf8'));
  return { format: 'module', source, shortCircuit: true };
}

function asModule(found: Resolved | Promise<Resolved>): Resolved | Promise<Resolved> {
  if (found instanceof Promise) return found.then(marked);
  return marked(found);
}

/** TypeScript is a module; JSON may be imported without saying so, as the compiler lets it. */
function marked(found: Resolved): Resolved {
  if (isTypescript(found.url)) return { ...found, format: 'module' };
  if (!/^file:.*\.json(\?|$)/.test(found.url)) return found;
  return { ...found, importAttributes: { type: 'json' } };
}
