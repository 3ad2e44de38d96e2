// What errors of drivers and clients carry, read without their classes: they come from any version of any package.

/** The properties that the matchers read. None of them is sure to be there or to have the type that it should have. */
export interface ErrorFacts {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  /** Of an AggregateError: what failed, each by itself. */
  readonly errors?: unknown;
  /** Of TypeORM's QueryFailedError: what the driver threw. */
  readonly driverError?: unknown;
  /** MySQL and MariaDB: the number of the error. Node's own errors have a negative one. */
  readonly errno?: unknown;
  readonly sqlState?: unknown;
  /** SQL Server: the number of the error. */
  readonly number?: unknown;
  readonly class?: unknown;
  /** SQLite: the extended result code, in some packages, and in `node:sqlite` and with Skep. */
  readonly rawCode?: unknown;
  readonly errcode?: unknown;
  /** HTTP: where clients put the status. */
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly response?: unknown;
  readonly $metadata?: unknown;
}

/** The value as something with properties; undefined for what has none. */
export const factsOf = (value: unknown): ErrorFacts | undefined =>
  typeof value === 'object' && value !== null ? value : undefined;
