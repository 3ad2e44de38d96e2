// npm run sbom: writes what a user of Skep gets, as a CycloneDX list on standard output: the packages of the lock file that
// are installed with it, from npm's own list, and those that the build copies into dist/vendor/, which npm does not see.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from './lib/failure.mjs';
import { root } from './lib/root.mjs';
import { shipped } from './lib/ship-packages.mjs';

/** @param {string} name */
function component(name) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version, license, resolved, integrity } = packages[`node_modules/${name}`];
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [algorithm, digest] = String(integrity).split('-');
  return {
    'bom-ref': `${name}@${version}`,
    type: 'library',
    name,
    version,
    scope: 'required',
    purl,
    licenses: [{ license: { id: license } }],
    hashes: [
      {
        alg: algorithm === 'sha512' ? 'SHA-512' : algorithm,
        content: Buffer.from(digest ?? '', 'base64').toString('hex'),
      },
    ],
    properties: [{ name: 'skep:shipped', value: 'copied into dist/vendor by the build' }],
    ...(resolved === undefined
      ? {}
      : { externalReferences: [{ type: 'distribution', url: resolved }] }),
  };
}

await main(async () => {
  const args = ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format=cyclonedx'];
  const list = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  const self = list.metadata.component;
  // npm takes the name of the folder.
  self.name = 'skep';
  const added = shipped.map(({ name }) => component(name));
  list.components.push(...added);
  const dependencies = list.dependencies.find(
    (/** @type {{ ref: string }} */ { ref }) => ref === self['bom-ref'],
  );
  dependencies?.dependsOn.push(...added.map((each) => each['bom-ref']));
  list.dependencies.push(...added.map((each) => ({ ref: each['bom-ref'], dependsOn: [] })));
  process.stdout.write(`${JSON.stringify(list, null, 2)}\n`);
});
