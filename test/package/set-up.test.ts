// `npm start` on a checkout: sets up what is missing, says so on stderr, and becomes the command.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const checkout = join(import.meta.dirname, '..', '..');

/** A small checkout with these scripts, a command that prints its arguments, the compiler, and what the build ships. */
class Checkout {
  readonly folder = mkdtempSync(join(tmpdir(), 'skep-checkout-'));

  constructor() {
    cpSync(join(checkout, 'scripts'), join(this.folder, 'scripts'), { recursive: true });
    this.write('package.json', JSON.stringify({ type: 'module', engines: { node: '>=20.19' } }));
    this.write('package-lock.json', JSON.stringify({ packages: { '': {} } }));
    this.write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }));
    for (const name of ['typescript', 'bee-queue', '@photostructure', 'node-gyp-build']) {
      symlinkSync(join(checkout, 'node_modules', name), join(this.folder, 'node_modules', name));
    }
    const compilerOptions = { module: 'nodenext', rootDir: 'src', outDir: 'dist', strict: true };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
    this.write('src/args.ts', 'export const args = (argv: string[]) => argv.slice(2);');
    this.write(
      'src/cli/skep.ts',
      `import { args } from '../args.js';
       declare const process: { argv: string[]; exitCode: number };
       console.log(JSON.stringify(args(process.argv)));
       process.exitCode = 7;`,
    );
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  has(path: string): boolean {
    return existsSync(join(this.folder, path));
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  start(...args: string[]) {
    // From another folder: a script finds its checkout by itself.
    return spawnSync(process.execPath, [join(this.folder, 'scripts', 'start.mjs'), ...args], {
      cwd: tmpdir(),
      encoding: 'utf8',
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('npm start', () => {
  it('builds, then is the command: its arguments, its stdout, its exit code', () => {
    using fresh = new Checkout();
    const { stdout, stderr, status } = fresh.start('--once', '--json');
    expect(stdout).toBe('["start","--once","--json"]\n');
    expect(stderr).toMatch(/^Building src into dist … \d+\.\d s\n$/);
    expect(status).toBe(7);
  });

  it('skips what is up to date', () => {
    using built = new Checkout();
    built.start();
    expect(built.start().stderr).toBe('Dependencies and build are up to date.\n');
  });

  it('builds again when a source changed, and leaves no output of a source that is gone', () => {
    using changed = new Checkout();
    changed.start();
    expect(changed.has('dist/args.js')).toBe(true);
    changed.write('src/cli/skep.ts', "console.log('changed');");
    expect(changed.start().stdout).toBe('changed\n');
    rmSync(join(changed.folder, 'src/args.ts'));
    changed.start();
    expect(changed.has('dist/args.js')).toBe(false);
  });

  it('does not take a build for finished that failed', () => {
    using broken = new Checkout();
    broken.write('src/args.ts', 'export const args = (argv: string[]) => argv.slize(2);');
    for (const _attempt of [1, 2]) {
      const { stdout, stderr, status } = broken.start();
      expect(stderr).toContain("Property 'slize' does not exist");
      expect(stderr).toContain('The build failed');
      expect(stdout).toBe('');
      expect(status).toBe(1);
    }
  });

  it('refuses a Node that is too old, before anything else', () => {
    using old = new Checkout();
    old.write('package.json', JSON.stringify({ engines: { node: '>=999.5' } }));
    const { stderr, status } = old.start();
    expect(stderr).toContain(`Skep needs Node 999.5 or later; this is ${process.versions.node}`);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(1);
  });

  it('installs nothing when the lock file does not belong to package.json', () => {
    using stale = new Checkout();
    const wanted = { engines: { node: '>=20.19' }, dependencies: { zod: '^4.0.0' } };
    stale.write('package.json', JSON.stringify(wanted));
    rmSync(join(stale.folder, 'node_modules/.package-lock.json'));
    const lockFile = stale.read('package-lock.json');
    const { stderr, status } = stale.start();
    expect(stderr).toContain('package-lock.json does not fit "dependencies" in package.json');
    expect(status).toBe(1);
    expect(stale.read('package-lock.json')).toBe(lockFile);
  });

  it('installs again when a package is not the one that is locked', () => {
    using drifted = new Checkout();
    const record = (version: string) => ({ 'node_modules/zod': { version } });
    // The lock file does not fit package.json either, so that the installation ends before it reaches out.
    const root = { dependencies: { zod: '^4.0.0' } };
    const locked = { packages: { '': root, ...record('4.0.1') } };
    drifted.write('package-lock.json', JSON.stringify(locked));
    drifted.write('node_modules/.package-lock.json', JSON.stringify({ packages: record('4.0.0') }));
    expect(drifted.start().stderr).toMatch(
      /^Installing dependencies from package-lock.json … fail/,
    );
  });
});
