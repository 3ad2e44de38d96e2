// What whoever installs Skep gets besides it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from './run.js';

interface Locked {
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
}

const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};
const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev);

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
}

describe('the list of packages', () => {
  it('is CycloneDX, and names the ones that are shipped inside beside those that are installed', () => {
    const text = execFileSync('npm', ['run', '--silent', 'sbom'], {
      cwd: checkout,
      encoding: 'utf8',
    });
    const list = JSON.parse(text) as { bomFormat: string; components: Component[] };
    expect(list.bomFormat).toBe('CycloneDX');
    const names = list.components.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['bee-queue', '@photostructure/sqlite', 'typeorm']),
    );
    // Tools of development, and what the shipped ones would bring.
    for (const absent of ['jest', 'redis', 'promise-callbacks'])
      expect(names).not.toContain(absent);
    for (const { purl } of list.components) expect(purl).toMatch(/^pkg:npm\/.+@\d/);
  });
});

describe('the lock file', () => {
  it('holds no package that runs a script when it is installed with Skep', () => {
    const scripted = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
    expect(scripted.map(([path]) => path)).toEqual([]);
  });

  it('has the integrity of each package', () => {
    const without = installed.filter(([, { integrity }]) => integrity === undefined);
    expect(without.map(([path]) => path)).toEqual([]);
  });
});
