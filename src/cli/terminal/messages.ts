// The door to the terminal: all that a command writes for a person passes here.
import pc from 'picocolors';
import { printable } from '../../core/log/printable.js';

/** The colours that this process itself uses. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a colour begins with
const colour = /(\u001b\[[\d;]*m)/;

/** A text as it may be written: what is not a colour of our own is written out, lines stay lines. */
export function terminalText(given: string): string {
  // A damaged record may hold anything in place of a text.
  const text = typeof given === 'string' ? given : String(given);
  if (!pc.isColorSupported) return printable(text, { lines: true });
  return text
    .split(colour)
    .map((part, index) => (index % 2 === 1 ? part : printable(part, { lines: true })))
    .join('');
}

/** Says something on standard error, where it is in nobody's way; a line. */
export function say(text: string): void {
  process.stderr.write(`${terminalText(text)}\n`);
}

/** Lines after the first are indented, so that none can pass for one of Skep's own. */
export const indented = (text: string, by = '  '): string => text.replaceAll('\n', `\n${by}`);
