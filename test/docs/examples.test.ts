// What a document shows as code is a file of docs/examples, word for word; those files run in tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf, documents, exampleText, filesUnder, markersOf, root } from './markdown.js';

const blocks = documents().flatMap(blocksOf);
const code = new Set(['ts', 'typescript', 'js', 'javascript', 'json', 'jsonc']);
const exampleOf = (marker = ''): string | undefined => /^example: (\S+)$/.exec(marker)?.[1];

test('every block of TypeScript, JavaScript or JSON is an example, or says why it is none', () => {
  const unmarked = blocks
    .filter(({ language }) => code.has(language.toLowerCase()))
    .filter(({ marker = '' }) => !exampleOf(marker) && !/^no example: \S/.test(marker))
    .map(({ place }) => place);
  expect(unmarked).toEqual([]);
});

const marked = blocks.flatMap((block) => {
  const reference = exampleOf(block.marker);
  return reference === undefined ? [] : [{ ...block, reference }];
});

test.each(marked)('$place shows $reference as it is', ({ reference, text }) => {
  expect(text).toBe(exampleText(reference));
});

test('every example file is shown in a document', () => {
  const shown = new Set(marked.map(({ reference }) => reference.split('#')[0]));
  expect(filesUnder('docs/examples').filter((file) => !shown.has(file))).toEqual([]);
});

test('examples import nothing but what README has a user install', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, installed = ''] = /^npm install (skep[a-z ]*[a-z])/m.exec(readme) ?? [];
  const imported = filesUnder('docs/examples')
    .filter((file) => file.endsWith('.ts'))
    .flatMap(
      (file) => readFileSync(join(root, file), 'utf8').match(/(?<= from ')[^.'][^']*/g) ?? [],
    )
    .filter((specifier) => !specifier.startsWith('node:'))
    .map((specifier) => specifier.split('/')[0]);
  expect([...new Set(imported)].sort()).toEqual(installed.split(' ').sort());
});

test('every marker stands before a block', () => {
  const markers = documents().flatMap((document) => markersOf(document));
  expect(markers).toEqual(
    blocks.filter(({ marker = '' }) => /^(no )?example:/.test(marker)).map(({ place }) => place),
  );
});
