// The version of Node, checked by the binary before anything else is imported.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isAtLeast, requiredNode } from '../../src/cli/node-version.js';
import { errorCatalogue } from '../../src/core/errors/catalogue.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test.each([
  ['18.20.8', false],
  ['20.10.0', false],
  ['20.18.9', false],
  ['20.19.0', true],
  ['20.20.2', true],
  ['22.0.0', true],
  ['100.1.0', true],
])('Node %s is new enough: %s', (version, expected) => {
  expect(isAtLeast(version, '20.19')).toBe(expected);
});

test('the lowest version is that of package.json', () => {
  const { engines } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  expect(`>=${requiredNode()}`).toBe(engines.node);
});

/** Pretends to be an older Node, on which importing the rest of Skep would fail. */
const oldNode = `
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });
  delete globalThis.crypto;
`;

function skepOnOldNode(...args: string[]) {
  const preload = `data:text/javascript,${encodeURIComponent(oldNode)}`;
  const binary = `${root}/dist/cli/skep.js`;
  return spawnSync(process.execPath, ['--import', preload, binary, ...args], { encoding: 'utf8' });
}

test('an old Node is refused, whatever the command', () => {
  const { status, stdout, stderr } = skepOnOldNode('doctor');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  const { cause, remedy } = errorCatalogue.SKEP_NODE_TOO_OLD;
  expect(stderr).toBe(
    `SKEP_NODE_TOO_OLD Skep needs Node 20.19 or newer, and this is Node 18.20.8 (${process.execPath})\n` +
      `  cause  ${cause}\n  remedy ${remedy}\n`,
  );
});

test('and so with --json', () => {
  const { status, stdout } = skepOnOldNode('tasks', '--json');
  expect(status).toBe(2);
  const { cause, remedy } = errorCatalogue.SKEP_NODE_TOO_OLD;
  expect(JSON.parse(stdout)).toEqual({
    errors: [
      { code: 'SKEP_NODE_TOO_OLD', message: expect.stringContaining('18.20.8'), cause, remedy },
    ],
  });
});
