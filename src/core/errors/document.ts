// The page docs/errors.md, made from the catalogue; a test compares the two.
import { type CatalogueEntry, errorCatalogue } from './catalogue.js';

const intro = `# Errors

Every error that Skep raises on purpose has a code. A command prints the code, what happened, the cause and
the remedy; with \`--json\` the same as one JSON document; with \`--verbose\` the stack as well. The exit code is 1
when the work failed, 2 for a mistake in usage or configuration, 3 when a needed service is out of reach.

This page is made from the catalogue in the code by \`npm run generate\`.
`;

/** The text of docs/errors.md. */
export function errorsDocument(): string {
  const sections = Object.entries<CatalogueEntry>(errorCatalogue).map(
    ([code, { cause, remedy, exitCode }]) =>
      `## ${code}\n\nExit code ${exitCode}. ${cause}\n\n**Remedy:** ${remedy}\n`,
  );
  return [intro, ...sections].join('\n');
}
