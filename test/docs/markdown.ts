// Reads documents: their fenced blocks, the markers before them, and the example files that markers name.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Block {
  /** `docs/guide/mail.md:12` */
  readonly place: string;
  readonly language: string;
  readonly text: string;
  /** What the comment on the line before the block says; undefined without one. */
  readonly marker: string | undefined;
}

/** Paths of all files under a folder of the repository, relative to the repository. */
export function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

/** README.md and every Markdown file under docs/. */
export function documents(): string[] {
  const readme = existsSync(join(root, 'README.md')) ? ['README.md'] : [];
  return [...readme, ...filesUnder('docs').filter((file) => file.endsWith('.md'))];
}

/** The fenced blocks of a document. */
export function blocksOf(document: string): Block[] {
  const lines = readFileSync(join(root, document), 'utf8').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [, indent = '', fence = '', language = ''] =
      /^(\s*)(`{3,})(\S*)/.exec(lines[at] ?? '') ?? [];
    if (fence === '') continue;
    const start = at + 1;
    while (++at < lines.length && lines[at]?.trim() !== fence);
    const text = lines.slice(start, at).map((line) => line.replace(indent, ''));
    const marker = /^\s*<!-- (.*) -->$/.exec(lines[start - 2] ?? '')?.[1];
    blocks.push({ place: `${document}:${start}`, language, text: text.join('\n'), marker });
  }
  return blocks;
}

/**
 * The text that a marker `example: path` or `example: path#region` names; undefined when there is none.
 * A region stands between `// #region name` and `// #endregion` and is shown without its indentation.
 */
export function exampleText(reference: string): string | undefined {
  const [path = '', region] = reference.split('#');
  if (!existsSync(join(root, path))) return undefined;
  const text = readFileSync(join(root, path), 'utf8').trimEnd();
  if (region === undefined) return withoutRegions(text);
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  if (start < 0) return undefined;
  const length = lines.slice(start).findIndex((line) => line.trim() === '// #endregion');
  if (length < 0) return undefined;
  const [indent = ''] = /^\s*/.exec(lines[start] ?? '') ?? [];
  return lines
    .slice(start + 1, start + length)
    .map((line) => line.replace(indent, ''))
    .join('\n');
}

const withoutRegions = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^\s*\/\/ #(region|endregion)/.test(line))
    .join('\n');

/** Where the block of each marker should begin. */
export function markersOf(document: string): string[] {
  const lines = readFileSync(join(root, document), 'utf8').split('\n');
  return lines.flatMap((line, index) =>
    /^\s*<!-- (no )?example:/.test(line) ? [`${document}:${index + 2}`] : [],
  );
}
