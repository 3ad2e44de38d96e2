// A benchmark is written against src/, like a test, and measures dist/: what is published, as the
// compiler made it. This hook turns the one into the other while modules are resolved.
import { pathToFileURL } from 'node:url';
import { root } from './root.mjs';

const src = pathToFileURL(`${root}/src/`).href;
const dist = pathToFileURL(`${root}/dist/`).href;

/** @type {import('node:module').ResolveHook} */
export function resolve(specifier, context, nextResolve) {
  if (!specifier.startsWith('.') || !context.parentURL) return nextResolve(specifier, context);
  const target = new URL(specifier, context.parentURL).href;
  if (!target.startsWith(src)) return nextResolve(specifier, context);
  return nextResolve(`${dist}${target.slice(src.length)}`, context);
}
