// TypeScript of a plugin as JavaScript: without a check of its types, with the decorators of Skep, whatever the user's
// tsconfig says.
import { transformSync } from 'oxc-transform';

/** How what compiled code imports for decorators begins. */
export const helpers = '@oxc-project/runtime/';

/**
 * @param file names the source in stack traces
 * @throws SyntaxError for a text that is no TypeScript, with the line
 */
export function compileTypescript(file: string, source: string): string {
  const { code, map, errors } = transformSync(file, source, {
    lang: file.endsWith('x') ? 'tsx' : 'ts',
    sourceType: 'module',
    target: 'es2022',
    sourcemap: true,
    decorator: { legacy: true },
    // As for the compiler with `useDefineForClassFields: false`: a declared field does not hide what a parent has set.
    assumptions: { setPublicClassFields: true },
    typescript: { removeClassFieldsWithoutInitializer: true },
  });
  const [error] = errors;
  if (error !== undefined) {
    throw new SyntaxError(
      `${file}: ${error.message}${error.codeframe ? `\n${error.codeframe}` : ''}`,
    );
  }
  const inline = Buffer.from(JSON.stringify({ ...map, sources: [file] })).toString('base64');
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}`;
}
