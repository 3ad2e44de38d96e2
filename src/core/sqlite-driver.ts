// SQLite through the API of `node:sqlite`: Node's own where it has all of it that Skep uses, otherwise the package
// `@photostructure/sqlite`, which is that module for older Nodes.
import { shippedPackage } from './shipped-package.js';

/** What SQLite can be given. */
export type SqliteBound = number | bigint | string | Uint8Array | null;

/** Of `node:sqlite`, what Skep uses. */
export interface SqliteStatement {
  all(...values: SqliteBound[]): unknown[];
  get(...values: SqliteBound[]): unknown;
  run(...values: SqliteBound[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  columns(): { name: string }[];
  setReturnArrays(enabled: boolean): void;
  setReadBigInts(enabled: boolean): void;
}

/** @returns one of the results of SQLite's authorizer */
export type SqliteAuthorizer = (action: number, ...about: (string | null)[]) => number;

export interface SqliteDatabase {
  readonly isOpen: boolean;
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  /** Is asked for each action of a statement while it is prepared. Not in each `node:sqlite`. */
  setAuthorizer?(authorizer: SqliteAuthorizer): void;
  close(): void;
}

export interface SqliteOptions {
  /** Default: false. */
  readonly readOnly?: boolean;
  /** How long a statement may block the thread while the file is locked, in milliseconds. Default: 0. */
  readonly timeout?: number;
}

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options?: SqliteOptions) => SqliteDatabase;
  readonly StatementSync: { readonly prototype: object };
}

const own = nodeModule();
const driver = own ?? (shippedPackage('@photostructure/sqlite', 'sqlite') as SqliteModule);

/** Opens a file, or makes it. */
export const DatabaseSync = driver.DatabaseSync;

/** The package ends the whole process when the thread is terminated inside of a call; Node's own waits for its end. */
export const abortsWhenTerminated = own === undefined;

/** Whether a statement failed because an integer is larger than a number can be: each driver says so in its own way. */
export const isTooLarge = (error: unknown): boolean =>
  typeof error === 'object' &&
  String(Reflect.get(error ?? {}, 'message')).startsWith('Value is too large to be represented');

function nodeModule(): SqliteModule | undefined {
  // Not in the types of the oldest Node that Skep supports, and not in its first versions.
  const { getBuiltinModule } = process as { getBuiltinModule?(id: string): unknown };
  const found = withoutWarning(() => getBuiltinModule?.('node:sqlite')) as SqliteModule | undefined;
  const isWhole =
    found !== undefined &&
    'isTransaction' in found.DatabaseSync.prototype &&
    ['columns', 'setReturnArrays', 'setReadBigInts'].every(
      (name) => name in found.StatementSync.prototype,
    );
  return isWhole ? found : undefined;
}

/** Some Nodes call the module experimental, once, to whoever runs `skep`, who has not chosen it. */
function withoutWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
