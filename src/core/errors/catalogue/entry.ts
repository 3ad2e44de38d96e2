// An entry of the catalogue of errors: what causes an error, what a person does about it, how a command that ends with it exits.

/** How a command that ends with the error exits: 1 the work failed, 2 usage or configuration, 3 a needed service is out of reach. */
export type ExitCode = 1 | 2 | 3;

export interface CatalogueEntry {
  readonly cause: string;
  readonly remedy: string;
  readonly exitCode: ExitCode;
}

/** Makes an entry. */
export const entry = (exitCode: ExitCode, cause: string, remedy: string): CatalogueEntry => ({
  cause,
  remedy,
  exitCode,
});
