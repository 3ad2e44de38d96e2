// Jest runs the TypeScript sources as native ES modules; SWC compiles them with the decorator
// semantics of tsconfig.json. `skep` in a test or example means this checkout's sources.
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
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
