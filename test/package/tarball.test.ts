// The package as its users get it: packed from a clone that nobody has built, installed into an empty folder, run there with a
// plugin in TypeScript, its types resolved from there.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const checkout = join(import.meta.dirname, '..', '..');

const plugin = `import { definePlugin, inject, RunContext, Task } from 'skep';

@Task({ code: 'hello' })
export class Hello {
  constructor(@inject(RunContext) private readonly context: RunContext) {}

  run({ name }: { name: string }) {
    return { greeting: \`Hello, \${name}\`, attempt: this.context.attempt };
  }
}

export default definePlugin({ name: 'hello', version: '1.0.0', tasks: [Hello] });
`;

// What is inferred for a user: the payload of a dispatch by class. The wrong one must be an error.
const consumer = `import { Dispatcher, type PayloadOf } from 'skep';
import hris from 'skep/plugins/hris';
import { Hello } from './hello.js';

export const needed: string = hris.name;
export const payload: PayloadOf<typeof Hello> = { name: 'Ada' };
export const dispatch = (dispatcher: Dispatcher) => dispatcher.dispatch(Hello, payload);
// @ts-expect-error a payload of another shape is refused
export const wrong = (dispatcher: Dispatcher) => dispatcher.dispatch(Hello, { nam: 'Ada' });
`;

/** What a clone does not have. The dependencies are those of this checkout, so that nothing is downloaded. */
const notInClone = new Set(['.git', '.cache', '.skep', 'coverage', 'dist', 'node_modules']);

function unbuiltClone(folder: string): string {
  const clone = join(folder, 'clone');
  cpSync(checkout, clone, {
    recursive: true,
    filter: (source) => !notInClone.has(basename(source)),
  });
  symlinkSync(join(checkout, 'node_modules'), join(clone, 'node_modules'));
  return clone;
}

// Strict, and the declarations of libraries are checked too. A user on Node has Node's own types.
const compilerOptions = {
  module: 'nodenext',
  target: 'es2022',
  strict: true,
  experimentalDecorators: true,
  noEmit: true,
  lib: ['es2023', 'esnext.disposable'],
  typeRoots: [join(checkout, 'node_modules', '@types')],
  types: ['node'],
};

describe('the package from its tarball', () => {
  let folder: string;

  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: folder, encoding: 'utf8' });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'skep-tarball-'));
    execFileSync('npm', ['pack', `--pack-destination=${folder}`], {
      cwd: unbuiltClone(folder),
      stdio: 'pipe',
    });
    const filename = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    mkdirSync(join(folder, 'site'));
    folder = join(folder, 'site');
    write('package.json', JSON.stringify({ private: true, type: 'module' }));
    run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', `../${filename}`);
    write('plugins.json', JSON.stringify({ plugins: ['./hello.ts'] }));
    write('hello.ts', plugin);
  }, 180_000);

  afterAll(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  it('runs a task of a plugin in TypeScript', () => {
    const command = ['skep', 'run', 'hello', '--payload', '{"name":"Ada"}', '--json'];
    const { stdout, stderr, status } = spawnSync('npx', command, { cwd: folder, encoding: 'utf8' });
    // The log is in the comparison so that a failure shows it.
    expect({ status, log: status === 0 ? '' : stderr, printed: JSON.parse(stdout) }).toMatchObject({
      status: 0,
      log: '',
      printed: {
        task: 'hello',
        state: 'success',
        result: { greeting: 'Hello, Ada', attempt: 1 },
      },
    });
  });

  it('gives types to a consumer under nodenext', () => {
    write('consumer.ts', consumer);
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts', 'hello.ts'] }));
    const tsc = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [tsc, '-p', 'tsconfig.json', '--pretty', 'false'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});
