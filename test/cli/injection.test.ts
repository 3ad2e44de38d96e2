// Mistakes of injection where nothing runs: `skep doctor` names each, `skep tasks` says that there are some.
import { readdirSync } from 'node:fs';
import { errorCatalogue } from '../../src/core/errors/catalogue.js';
import { type Finished, site, skep } from '../support/skep.js';

const imports = `import { definePlugin, inject, injectable, Task } from 'skep';
import { writeFileSync } from 'node:fs';
`;
const tasks = `
class Rates {}
@injectable()
class Invoices {
  constructor(@inject('currency') readonly currency: string, readonly rates: Rates) {}
}
@Task({ code: 'pay' })
class Pay {
  constructor(@inject(Invoices) readonly invoices: Invoices, @inject(Rates) readonly rates: Rates) {}
  run(): void {}
}
`;

const plugin = (more: string): string =>
  `${imports}${tasks}
  export default definePlugin({ name: 'shop', version: '1.0.0', tasks: [Pay], ${more} });`;

const about = ({ stdout }: Finished) =>
  JSON.parse(stdout).filter(({ name }: { name: string }) => name === 'injection');

describe('doctor', () => {
  test('names every class, parameter and token, with its remedy, and ends with 2', async () => {
    using folder = site({ plugins: ['./shop.ts'] }, { 'shop.ts': plugin('') });
    const before = readdirSync(folder.path).toSorted();
    const shown = await skep(folder, ['doctor']);
    expect(shown.code).toBe(2);
    expect(shown.stdout).toMatch(
      /✗ injection +SKEP_INJECTION_INVALID: constructor parameter 1 \(currency\) needs "currency", and nothing is registered under it\n +at +class Invoices, needed by class Pay of plugin shop\n +remedy Register it in register\(\)/,
    );
    const code = 'SKEP_INJECTION_INVALID';
    const finished = await skep(folder, ['doctor', '--json']);
    expect(finished.code).toBe(errorCatalogue[code].exitCode);
    expect(about(finished)).toEqual([
      {
        ...{ name: 'injection', ok: false, code, remedy: expect.stringContaining('@inject') },
        message: expect.stringContaining('constructor parameter 2 (rates)'),
        place: 'class Invoices, needed by class Pay of plugin shop',
      },
      {
        ...{ name: 'injection', ok: false, code, remedy: expect.stringContaining('register()') },
        message: expect.stringContaining('needs "currency", and nothing is registered under it'),
        place: 'class Invoices, needed by class Pay of plugin shop',
      },
      {
        ...{ name: 'injection', ok: false, code, remedy: expect.stringContaining('@injectable()') },
        message: expect.stringContaining('constructor parameter 2 (rates) needs the class Rates'),
        place: 'class Pay of plugin shop',
      },
    ]);
    expect(readdirSync(folder.path).toSorted()).toEqual(before);
    const { stderr } = await skep(folder, ['tasks', '--json']);
    expect(stderr).toBe(
      '`skep start` will refuse these tasks: 3 mistakes in what constructors ask for. See `skep doctor`.\n',
    );
  });

  test('says so where all is well', async () => {
    const register = `register: ({ container }) => {
      container.registerInstance('currency', 'OMR');
      container.registerInstance(Rates, new Rates());
    }`;
    const sound = plugin(register).replace('readonly rates: Rates) {}\n}\n@Task', ') {}\n}\n@Task');
    using folder = site({ plugins: ['./shop.ts'] }, { 'shop.ts': sound });
    expect(about(await skep(folder, ['doctor', '--json']))).toEqual([
      { name: 'injection', ok: true, found: expect.stringContaining('1 task') },
    ]);
    expect(await skep(folder, ['tasks'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('starts no plugin: what its start() may register is a warning, other mistakes stay', async () => {
    const start = `start: ({ container }) => {
      writeFileSync('started', '');
      container.registerInstance('currency', 'OMR');
      container.registerInstance(Rates, new Rates());
    }`;
    using folder = site(
      { plugins: ['./shop.ts', 'skep/plugins/sample-site'] },
      { 'shop.ts': plugin(start) },
    );
    const finished = await skep(folder, ['doctor', '--json']);
    expect(about(finished)).toMatchObject([
      { ok: false, message: expect.stringContaining('parameter 2 (rates)') },
      {
        ok: true,
        warnings: [
          {
            message: expect.stringMatching(
              /^class Invoices, needed by class Pay of plugin shop: .*"currency".*, unless start\(\) of shop registers it, which is not run here$/,
            ),
          },
          { message: expect.stringContaining('needs the class Rates') },
        ],
      },
    ]);
    expect(readdirSync(folder.path)).not.toContain('started');
  });
});

describe('tasks', () => {
  test('lists them all the same when a plugin cannot register', async () => {
    const register = "register: () => { throw new Error('no licence'); }";
    using folder = site({ plugins: ['./shop.ts'] }, { 'shop.ts': plugin(register) });
    const { code, stdout, stderr } = await skep(folder, ['tasks']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pay +shop/m);
    expect(stderr).toBe('`skep start` will be refused: SKEP_PLUGIN_START. See `skep doctor`.\n');
  });
});
