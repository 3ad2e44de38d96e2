// The package as its users get it: packed from a clone that nobody has built, installed as pnpm does, run there with a
// plugin in TypeScript, its types resolved from there with the tsconfig that it ships.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { checkout, run } from './run.js';

const plugin = `import { greetingOf } from '@lib/greeting';
import { definePlugin, inject, RunContext, Task } from 'skep';

@Task({ code: 'hello' })
export class Hello {
  constructor(@inject(RunContext) private readonly context: RunContext) {}

  run({ name }: { name: string }) {
    return { greeting: greetingOf(name), attempt: this.context.attempt };
  }
}

export default definePlugin({ name: 'hello', version: '1.0.0', tasks: [Hello] });
`;

const library = "export const greetingOf = (name: string): string => 'Hello, ' + name;";

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

/** The declarations of libraries are checked too. A user has installed Node's types; here they are those of this checkout. */
const tsconfig = {
  extends: 'skep/tsconfig.json',
  compilerOptions: {
    paths: { '@lib/*': ['./lib/*.ts'] },
    skipLibCheck: false,
    typeRoots: [join(checkout, 'node_modules', '@types')],
  },
};

describe('the package from its tarball', () => {
  /** Holds the clone, the tarball, what npm installs, and the site of a user. */
  const folder = mkdtempSync(join(tmpdir(), 'skep-tarball-'));
  const store = join(folder, 'store');
  const site = join(folder, 'site');
  const write = (path: string, text: string | object): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof text === 'string' ? text : JSON.stringify(text));
  };

  beforeAll(() => {
    execFileSync('npm', ['pack', `--pack-destination=${folder}`], {
      cwd: unbuiltClone(folder),
      stdio: 'pipe',
    });
    const filename = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    write('store/package.json', { private: true });
    const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', `../${filename}`];
    execFileSync('npm', install, { cwd: store, stdio: 'pipe' });
    // As pnpm lays it out: the site sees the package itself, and none of what the package depends on.
    mkdirSync(join(site, 'node_modules'), { recursive: true });
    symlinkSync(join(store, 'node_modules', 'skep'), join(site, 'node_modules', 'skep'));
    write('site/package.json', { private: true, type: 'module' });
    write('site/plugins.json', { plugins: ['./hello.ts'] });
    write('site/tsconfig.json', tsconfig);
    write('site/lib/greeting.ts', library);
    write('site/hello.ts', plugin);
    write('site/consumer.ts', consumer);
  }, 180_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('installs the command', () => {
    const { stdout } = spawnSync('npx', ['skep', '--version'], { cwd: store, encoding: 'utf8' });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('brings no package that runs a script when it is installed', () => {
    const manifests = readdirSync(join(store, 'node_modules'), {
      recursive: true,
      encoding: 'utf8',
    })
      .filter((path) => /(^|node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(path))
      .map((path) => join(store, 'node_modules', path));
    // Each time it is said how many there are: the number stands in docs/decisions/0029.
    process.stderr.write(`${manifests.length} packages are installed with the tarball\n`);
    expect(manifests.length).toBeGreaterThan(20);
    const scripted = manifests.filter((path) => {
      const { scripts = {} } = JSON.parse(readFileSync(path, 'utf8'));
      const runs = ['preinstall', 'install', 'postinstall'].some((name) => name in scripts);
      // Without a script of its own npm builds what has this file.
      return runs || existsSync(join(dirname(path), 'binding.gyp'));
    });
    expect(scripted).toEqual([]);
  });

  it('runs a task of a plugin in TypeScript, which imports through paths of its tsconfig', () => {
    const binary = join(site, 'node_modules', 'skep', 'dist', 'cli', 'skep.js');
    const command = [binary, 'run', 'hello', '--payload', '{"name":"Ada"}', '--json'];
    const ended = spawnSync(process.execPath, command, { cwd: site, encoding: 'utf8' });
    const { stdout, stderr, status } = ended;
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

  it('gives types to a consumer who extends skep/tsconfig.json', () => {
    const tsc = join(checkout, 'node_modules', 'typescript', 'bin', 'tsc');
    const args = [tsc, '-p', 'tsconfig.json', '--pretty', 'false'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: site, encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  it.each(readdirSync(join(checkout, 'docs/examples')))('loads the example %s', async (name) => {
    const example = join(store, name);
    cpSync(join(checkout, 'docs/examples', name), example, { recursive: true });
    const command = ['skep', 'tasks', '--json'];
    const { status, stdout, stderr } = await run('npx', command, { cwd: example });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).not.toHaveLength(0);
  });
});
