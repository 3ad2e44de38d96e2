// The other way round than bench-hooks.mjs: what a package name leads to in dist/ is read from src/.
import { pathToFileURL } from 'node:url';
import { root } from './root.mjs';

const src = pathToFileURL(`${root}/src/`).href;
const dist = pathToFileURL(`${root}/dist/`).href;

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  const found = await nextResolve(specifier, context);
  if (!found.url.startsWith(dist)) return found;
  const { pathname } = new URL(found.url.slice(dist.length), src);
  return nextResolve(pathToFileURL(pathname.replace(/\.js$/, '.ts')).href, context);
}
