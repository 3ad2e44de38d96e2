// Which file an import in a plugin in TypeScript means: by the `paths` of the tsconfig nearest to the importing file, as for
// the compiler, and for a relative path with the ending of the source in place of none or that of the compiled file.
import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createPathsMatcher, getTsconfig } from 'get-tsconfig';

type PathsMatcher = (specifier: string) => string[];

/** One for each folder that something is imported from. */
const matchers = new Map<string, PathsMatcher | undefined>();

/**
 * The URL of the file that `paths` gives for an import; undefined where they say nothing of it, or name no file.
 * Imports of Skep itself are never redirected: a plugin shares the one copy of the runtime.
 */
export function urlFromPaths(specifier: string, importer: string): string | undefined {
  if (/^(\.{0,2}\/|[a-z]+:|skep(\/|$))/.test(specifier)) return undefined;
  const folder = dirname(fileURLToPath(importer));
  if (!matchers.has(folder)) matchers.set(folder, matcherOf(folder));
  for (const candidate of matchers.get(folder)?.(specifier) ?? []) {
    const file = fileOf(candidate);
    if (file !== undefined) return pathToFileURL(file).href;
  }
  return undefined;
}

/** The URL of the file that a relative import means; undefined for other imports, and where there is no such file. */
export function fileFor(specifier: string, importer: string): string | undefined {
  if (!/^\.{1,2}(\/|$)/.test(specifier)) return undefined;
  const file = fileOf(fileURLToPath(new URL(specifier, importer)));
  return file === undefined ? undefined : pathToFileURL(file).href;
}

/** A tsconfig that cannot be read is the compiler's to report; a plugin that does not use `paths` runs without it. */
function matcherOf(folder: string): PathsMatcher | undefined {
  try {
    const tsconfig = getTsconfig(folder);
    return (tsconfig && createPathsMatcher(tsconfig)) ?? undefined;
  } catch {
    return undefined;
  }
}

const endings = ['', '.ts', '.tsx', '.mts', '.js', '.mjs', '/index.ts', '/index.tsx', '/index.js'];

/** An import may leave out the ending, or have that of the file which is compiled from it. */
function fileOf(path: string): string | undefined {
  const asSource = path.replace(/\.([mc]?)js(x?)$/, '.$1ts$2');
  return [asSource, ...endings.map((ending) => path + ending)].find(
    (file) => existsSync(file) && statSync(file).isFile(),
  );
}
