// What the compiler says to whoever gives a task a wrong payload: the message names the property.
import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '../support/temp-folder.js';

const checkout = join(import.meta.dirname, '..', '..');
const wrong = `import { type Dispatcher, type Payload, Task } from 'skep';
import { z } from 'zod';

const Window = z.object({ since: z.string(), batch: z.int().default(500) });

@Task({ code: 'import_window', payload: Window })
class ImportWindow {
  run(_window: Payload<typeof Window>): void {}
}
export async function dispatches(dispatcher: Dispatcher): Promise<void> {
  await dispatcher.dispatch(ImportWindow, { sinc: '2026-01-01' });
  await dispatcher.dispatch(ImportWindow, { since: '2026-01-01', batch: '7' });
  await dispatcher.dispatchAll([{ task: ImportWindow, payload: { since: 4 } }]);
}
@Task({ code: 'output', payload: Window })
export class WrongOutput {
  run(_window: { since: number; batch: number }): void {}
}
@Task({ code: 'input', payload: Window })
export class WrongInput {
  run(_window: z.output<typeof Window>): void {}
}
`;

test('messages of the compiler name the property, and what to write', () => {
  using folder = tempFolder();
  const compilerOptions = {
    noEmit: true,
    rootDir: '/',
    types: ['node'],
    typeRoots: [join(checkout, 'node_modules', '@types')],
    paths: {
      skep: [join(checkout, 'src', 'index.ts')],
    },
  };
  symlinkSync(join(checkout, 'node_modules'), join(folder.path, 'node_modules'));
  writeFileSync(join(folder.path, 'wrong.mts'), wrong);
  writeFileSync(
    join(folder.path, 'tsconfig.json'),
    JSON.stringify({
      extends: join(checkout, 'tsconfig.json'),
      compilerOptions,
      include: [],
      files: ['wrong.mts'],
    }),
  );
  const tsc = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '-p', folder.path, '--pretty', 'false'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder.path, encoding: 'utf8' });
  const messages = stdout.split(/^(?=wrong\.mts)/m).map((text) => text.trim());
  expect(messages).toEqual([
    expect.stringMatching(/wrong\.mts\(11,.*'sinc' does not exist in type '\{ since: string;/),
    expect.stringMatching(/wrong\.mts\(12,.*Type 'string' is not assignable to type 'number'/),
    expect.stringMatching(/wrong\.mts\(13,.*Type 'number' is not assignable to type 'string'/),
    expect.stringMatching(/wrong\.mts\(15,[\s\S]*Types of property 'since' are incompatible/),
    expect.stringMatching(
      /wrong\.mts\(19,[\s\S]*type the parameter of run as Payload<typeof Schema>/,
    ),
  ]);
});
