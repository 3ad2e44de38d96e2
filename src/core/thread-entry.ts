// Where a worker thread of Skep begins: compiled code as it is; from the sources, as in tests, with a loader first.
import { resolveModule } from './host/resolve-module.js';

/**
 * The entry of a thread.
 * @param name file name beside the caller, without its ending.
 * @param callerUrl `import.meta.url` of the caller.
 */
export function threadEntry(name: string, callerUrl: string): URL {
  if (!callerUrl.endsWith('.ts')) return new URL(`./${name}.js`, callerUrl);
  const file = new URL(`./${name}.ts`, callerUrl);
  const loader = resolveModule('tsx/esm/api', callerUrl);
  const code = `import { register } from '${loader}'; register(); await import('${file}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
