// Jest runs the TypeScript sources as native ES modules; SWC compiles them with the decorator
// semantics of tsconfig.json. `skep` in a test or example means this checkout's sources.
import { availableParallelism } from 'node:os';
import { kindVariable, placesOf } from './scripts/lib/kinds.mjs';

export default {
  testEnvironment: 'node',
  ...placesOf(process.env[kindVariable]),
  // Suites wait for servers and processes most of the time, so that a core serves several.
  maxWorkers: availableParallelism() * 2,
  testSequencer: './scripts/lib/long-first.mjs',
  // Modules of native ES suites are never collected; a worker that has run many suites is replaced.
  workerIdleMemoryLimit: '1GB',
  // A worker that has nothing open any more still frees its heap, and the SQLite package only then closes the files whose
  // statements no collection has freed: 0.5 s after a hundred of them, more on a busy machine. Jest kills after 0.5 s
  // and calls that a leak; what is really open is still reported.
  workerGracefulExitTimeout: 10_000,
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^skep$': '<rootDir>/src/index.ts',
    '^skep/plugins/([^/]+)$': '<rootDir>/src/plugins/$1/index.ts',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: false,
            useDefineForClassFields: false,
          },
          target: 'es2022',
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  setupFiles: ['reflect-metadata'],
  // Ends what hangs; how quickly something goes, tests say themselves.
  testTimeout: 180_000,
};
