// A folder of its own for a test, removed afterwards.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TempFolder extends Disposable {
  readonly path: string;
  /** Writes a file, with the folders above it; returns its absolute path. */
  write(name: string, content: string | object): string;
}

export function tempFolder(): TempFolder {
  const path = mkdtempSync(join(tmpdir(), 'skep-test-'));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
      return file;
    },
    // A process that is ending may write once more while its folder is removed.
    [Symbol.dispose]: () =>
      rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
  };
}
