// Whether this Node can run Skep. The binary asks before it imports anything else, because an older Node fails while it imports
// the rest, in words that do not name the reason. Hence no import of Skep's own here, and no syntax that an old Node cannot read.
import { readFileSync } from 'node:fs';

interface Manifest {
  readonly engines: { readonly node: string };
}

/** The lowest version of Node that package.json allows: `20.19`. */
export function requiredNode(): string {
  const file = new URL('../../package.json', import.meta.url);
  const { engines } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  return engines.node.replace('>=', '');
}

/** Whether a version of Node, `20.11.1`, is at least another, `20.19`. */
export function isAtLeast(version: string, required: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = required.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

/** The words of {@link nodeTooOld} and of the catalogue of errors, which a test compares. */
const code = 'SKEP_NODE_TOO_OLD';
const cause = 'This version of Node lacks what Skep needs.';
const remedy =
  'Install a newer Node, or run Skep with one: `node --version` shows which one is found.';

/** The error for a Node that is too old, as every command prints errors: as text, or as JSON. */
export function nodeTooOld(version: string, required: string, json: boolean): string {
  const message = `Skep needs Node ${required} or newer, and this is Node ${version} (${process.execPath})`;
  return json
    ? JSON.stringify({ errors: [{ code, message, cause, remedy }] })
    : `${code} ${message}\n  cause  ${cause}\n  remedy ${remedy}`;
}
