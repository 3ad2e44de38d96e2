// The runtime's whole job, from an empty data folder, under every Node that is supported; and the answer of one that is not.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { checkout, run } from './run.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The environment in which `node` is another version, with a data folder of its own. */
async function withNode(version: string): Promise<NodeJS.ProcessEnv> {
  const script = join(checkout, 'scripts', 'other-node.mjs');
  const { status, stdout, stderr } = await run(process.execPath, [script, version], {
    cwd: checkout,
  });
  if (status !== 0) throw new Error(stderr);
  const folder = mkdtempSync(join(tmpdir(), 'skep-node-'));
  folders.push(folder);
  const { HOME, PATH } = process.env;
  return { HOME, PATH: `${stdout.trim()}${delimiter}${PATH}`, SKEP_DATA_DIR: folder };
}

test.each(['20', '22', '24', 'latest'])('npm start -- --once under Node %s', async (version) => {
  const env = await withNode(version);
  const node = await run('node', ['--version'], { cwd: checkout, env });
  if (version !== 'latest') expect(node.stdout).toMatch(new RegExp(`^v${version}\\.`));
  const command = ['start', '--silent', '--', '--once', '--json'];
  const { status, stdout, stderr } = await run('npm', command, { cwd: checkout, env });
  expect({ status, log: status === 0 ? '' : stderr }).toEqual({ status: 0, log: '' });
  // Neither Node nor a package has a word of its own to say to the user.
  expect(stderr).not.toMatch(/Warning/);
  expect(JSON.parse(stdout)).toMatchObject({
    summary: [
      { task: 'hris_replication', state: 'success' },
      { task: 'sync_attendance', state: 'success' },
      { task: 'calculate_compliance', state: 'success' },
    ],
  });
});

test('Node 18 is refused with the version that is needed', async () => {
  const env = await withNode('18');
  const binary = join(checkout, 'dist/cli/skep.js');
  const { status, stdout, stderr } = await run('node', [binary, 'doctor'], { cwd: checkout, env });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(
    /^SKEP_NODE_TOO_OLD Skep needs Node 20\.19 or newer, and this is Node 18\./,
  );
});
