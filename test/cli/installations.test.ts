// Installations as people make them: the main job, plugins from packages, and everything that can be wrong.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerKey, planSite } from '../../src/plugins/sample-site/index.js';
import { describeWithMaria, freshDatabase } from '../support/mariadb.js';
import { site, skep } from '../support/skep.js';

const sample = { seed: 7, employees: 60, days: 40, until: '2026-03-31', zone: 'Europe/Berlin' };
const mainJob = {
  plugins: [
    'skep/plugins/tracking',
    { module: 'skep/plugins/sample-site', options: sample },
    'skep/plugins/hris',
    { module: 'skep/plugins/attendance', options: { zone: sample.zone } },
  ],
  startup: ['hris_replication', 'sync_attendance', 'calculate_compliance'],
};

/** What the three tasks must come to, from what the sample site planted. */
function expectedSummary() {
  const key = answerKey(planSite(sample));
  const count = (status: string): number => key.days.filter((day) => day.status === status).length;
  const rows = Object.values(key.replication).reduce((sum, { read }) => sum + read, 0);
  return [
    {
      task: 'hris_replication',
      state: 'success',
      result: { inserted: rows },
    },
    { task: 'sync_attendance', state: 'success', result: { unmatched: key.events.unmatched } },
    {
      task: 'calculate_compliance',
      state: 'success',
      result: { days: key.days.length, absent: count('absent'), late: count('late') },
    },
  ];
}

describe('the main job', () => {
  test('from an empty folder to the answer key, and again with nothing to do', async () => {
    using folder = site(mainJob);
    const first = await skep(folder, ['start', '--once', '--json']);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout).summary).toMatchObject(expectedSummary());
    expect(first.stderr.match(/sample site created/g)).toHaveLength(1);
    const second = await skep(folder, ['start', '--once', '--json']);
    expect(JSON.parse(second.stdout).summary).toMatchObject([
      { result: { inserted: 0, updated: 0 } },
      { result: { stored: 0 } },
      { result: { days: 0 } },
    ]);
    expect(second.stderr).not.toContain('sample site created');
  }, 180_000);
});

describeWithMaria('the main job on MariaDB', () => {
  const maria = freshDatabase('cli');

  test('start refuses a database that lacks migrations, with the command to type; migrate mends it', async () => {
    using folder = site(mainJob);
    const environment = { MARIA_URL: maria.url };
    const refused = await skep(folder, ['start', '--once'], environment);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/SKEP_SCHEMA_BEHIND maria lacks 6 migrations/);
    expect(refused.stderr).toContain('Run `skep migrate`');
    const migrated = await skep(folder, ['migrate', '--json'], environment);
    expect(JSON.parse(migrated.stdout).run).toHaveLength(6);
    const done = await skep(folder, ['start', '--once', '--json'], environment);
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout).summary).toMatchObject(expectedSummary());
  }, 180_000);
});

const hello = (code: string) => `
import { definePlugin, Task } from 'skep';
class Hello { run() { return 'hello'; } }
Task({ code: '${code}' })(Hello);
export default definePlugin({ name: '${code.replace('_', '-')}', version: '1.0.0', tasks: [Hello] });
`;

describe('plugins', () => {
  test('come from packages, package subpaths and paths, in JavaScript and TypeScript', async () => {
    using folder = site({ plugins: ['acme', 'acme/extra', './local.mjs', './typed.ts'] });
    folder.write('node_modules/acme/package.json', {
      name: 'acme',
      type: 'module',
      exports: { '.': './main.js', './extra': { import: './extra.js' } },
    });
    folder.write('node_modules/acme/main.js', hello('from_package'));
    folder.write('node_modules/acme/extra.js', hello('from_subpath'));
    folder.write('local.mjs', hello('from_path'));
    folder.write('typed.ts', hello('from_typescript'));
    const { stdout } = await skep(folder, ['plugins', '--json']);
    expect(JSON.parse(stdout).flatMap(({ tasks }: { tasks: string[] }) => tasks)).toEqual([
      'from_package',
      'from_subpath',
      'from_path',
      'from_typescript',
    ]);
  });
});

describe('what is wrong is said before anything runs, all of it at once', () => {
  test.each(['{}', '{ "type": "commonjs" }', '{ "type": "module" }'])(
    'in TypeScript may be of many files, in a package of any type: %s',
    async (manifest) => {
      using folder = site(
        { plugins: ['./plugin.ts'] },
        {
          'package.json': manifest,
          'plugin.ts': `
import { definePlugin } from 'skep';
import { Greet } from './greet.js';
export default definePlugin({ name: 'many', version: '1.0.0', tasks: [Greet] });`,
          'greet.ts': `
import { Task } from 'skep';
import { word } from './words/word.js';
@Task({ code: 'greet' })
export class Greet {
  run(): string {
    return word;
  }
}`,
          'words/word.ts': `export const word: string = 'marhaban';`,
        },
      );
      expect(await skep(folder, ['run', 'greet'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('marhaban'),
      });
    },
  );

  test('mistakes in plugins.json and in plugins', async () => {
    const text = `{
      "plugins": ["./throws.mjs", "./nowhere.mjs", "./one.mjs", "./two.mjs"]
    }`;
    using folder = site({});
    folder.write('plugins.json', text);
    folder.write('throws.mjs', "throw new Error('no licence');");
    folder.write('one.mjs', hello('same'));
    folder.write('two.mjs', hello('same').replace("name: 'same'", "name: 'other'"));
    const { code, stdout, stderr } = await skep(folder, ['start']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.match(/SKEP_[A-Z_]+(?= )/g)).toEqual([
      'SKEP_PLUGIN_LOAD',
      'SKEP_PLUGIN_NOT_FOUND',
      'SKEP_TASK_DUPLICATE',
    ]);
    expect(stderr).toContain('plugins.json:2:19 (plugins[0].module)');
    expect(stderr).toContain('3 problems');
    expect(stderr).not.toContain('    at ');
  });

  test('a syntax error has line and column', async () => {
    using folder = site({});
    folder.write('plugins.json', '{\n  "plugins": [,]\n}');
    const { code, stderr } = await skep(folder, ['tasks']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/SKEP_CONFIG_SYNTAX .*\n +at +plugins\.json:2:15/);
  });

  test('startup tasks that are disabled or need a payload', async () => {
    using folder = site({
      plugins: [
        'skep/plugins/tracking',
        './a.mjs',
        { module: 'skep/plugins/mail', options: { from: 'a@example.com' } },
      ],
      tasks: { off: { enabled: false } },
      startup: ['off', 'send_email'],
    });
    folder.write('a.mjs', hello('off'));
    const { code, stderr } = await skep(folder, ['start']);
    expect(code).toBe(2);
    expect(stderr).toContain('the task "off" is disabled in tasks.off');
    expect(stderr).toContain('"send_email" cannot run without a payload');
  });

  test('a misspelt data source gets the nearest one', async () => {
    using folder = site({ plugins: [], dataSources: { biostr: {} } });
    const { code, stderr } = await skep(folder, ['start']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no data source "biostr". Did you mean "biostar"?');
  });
});

describe('what is out of reach exits 3, without the password', () => {
  test.each([
    [
      'an unreachable database',
      { MARIA_URL: 'mysql://skep:s3cret@127.0.0.1:9/app' },
      'SKEP_CONNECT_FAILED',
    ],
    [
      'a data folder under a file',
      { SKEP_DATA_DIR: 'plugins.json/data' },
      'SKEP_DATA_DIR_UNUSABLE',
    ],
    [
      'a data folder where nothing can be written',
      { SKEP_DATA_DIR: '/sys/skep' },
      'SKEP_DATA_DIR_UNUSABLE',
    ],
  ])('%s', async (_, environment, code) => {
    using folder = site({ plugins: [] });
    const finished = await skep(folder, ['start', '--once'], environment);
    expect(finished.code).toBe(3);
    expect(finished.stderr).toContain(code);
    expect(finished.stderr).toContain('remedy');
    expect(finished.stderr + finished.stdout).not.toMatch(/s3cret| {4}at /);
  });

  test.each(['queue.db', 'maria.db'])('a corrupt %s', async (name) => {
    using folder = site({ plugins: [] });
    expect(await skep(folder, ['start', '--once'])).toMatchObject({ code: 0 });
    // What is still in the log of SQLite would make the file whole again.
    rmSync(join(folder.path, '.skep', `${name}-wal`), { force: true });
    writeFileSync(
      join(folder.path, '.skep', name),
      'this is no database, and never was one'.repeat(200),
    );
    const finished = await skep(folder, ['start', '--once']);
    expect(finished.code).toBe(3);
    expect(finished.stderr).toContain('SKEP_DATABASE_FILE');
    expect(finished.stderr).toContain(name);
  });
});

describeWithMaria('a wrong password', () => {
  const maria = freshDatabase('denied');

  test('is told as such', async () => {
    using folder = site({ plugins: [] });
    const url = new URL(maria.url);
    url.password = 's3cret';
    const { code, stderr } = await skep(folder, ['start', '--once'], { MARIA_URL: url.href });
    expect(code).toBe(3);
    expect(stderr).toContain('SKEP_ACCESS_DENIED');
    expect(stderr).not.toContain('s3cret');
  });
});
