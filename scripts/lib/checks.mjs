// What `npm test` checks before any test runs. Each is one command that exits with 0 when all is well.
import { tool } from './run.mjs';
import { colours } from './say.mjs';

/** @returns {{ title: string, command: string[] }[]} */
export const checks = () => [
  {
    title: 'Lint and format',
    command: [
      ...tool('@biomejs/biome', 'biome'),
      'ci',
      '--error-on-warnings',
      `--colors=${colours ? 'force' : 'off'}`,
      '.',
    ],
  },
  {
    title: 'Types',
    command: [...tool('typescript', 'tsc'), '--noEmit', '-p', 'tsconfig.test.json'],
  },
  {
    title: 'Types of the scripts',
    command: [...tool('typescript', 'tsc'), '--noEmit', '-p', 'scripts/tsconfig.json'],
  },
  {
    title: 'Direction of imports',
    command: [
      ...tool('dependency-cruiser', 'depcruise'),
      '--config',
      '.dependency-cruiser.mjs',
      'src',
    ],
  },
  { title: 'Unused code', command: tool('knip') },
];
