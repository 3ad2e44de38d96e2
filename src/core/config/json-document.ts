// A JSON file with places: reads it strictly and knows line and column of every value.
import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { pathText } from '../errors/schema-problems.js';
import { SkepError } from '../errors/skep-error.js';
import type { JsonValue } from '../json.js';

const strict = { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false };

/** What the parser's error codes mean to a person. */
const meanings: Readonly<Record<string, string>> = {
  InvalidSymbol: 'a word that JSON does not know; texts stand in double quotes',
  InvalidNumberFormat: 'a number that cannot be read',
  PropertyNameExpected: 'a key in double quotes is expected here; is there a comma too many?',
  ValueExpected: 'a value is expected here; is there a comma too many?',
  ColonExpected: 'a ":" is expected here',
  CommaExpected: 'a "," is expected here',
  CloseBraceExpected: 'a "}" is missing',
  CloseBracketExpected: 'a "]" is missing',
  EndOfFileExpected: 'the document ends before this',
  InvalidCommentToken: 'comments are not JSON',
  UnexpectedEndOfComment: 'comments are not JSON',
  UnexpectedEndOfString: 'a closing double quote is missing',
  InvalidCharacter: 'a character that must be written as an escape',
  InvalidEscapeCharacter: 'an escape that JSON does not know',
  InvalidUnicode: 'an escape that JSON does not know',
};

/** The parser, the schemas and the plugins that read options call themselves for each level. */
const mostLevels = 100;

/** A parsed JSON text that can say where its values stand. */
export class JsonDocument {
  readonly value: JsonValue;
  readonly #root: Node;
  readonly #text: string;
  readonly #name: string;

  /**
   * @throws SkepError `SKEP_CONFIG_SYNTAX` with line and column of the first mistake; `SKEP_CONFIG_INVALID` for a text that is nested
   *   more than 100 levels deep.
   */
  constructor(text: string, name: string) {
    this.#text = text.replace(/^\uFEFF/, '');
    this.#name = name;
    const tooDeep = firstBeyond(this.#text, mostLevels);
    if (tooDeep !== undefined) {
      const message = `values are nested more than ${mostLevels} levels deep`;
      const place = `${name}:${this.#lineColumn(tooDeep)}`;
      throw new SkepError('SKEP_CONFIG_INVALID', message, { place });
    }
    const errors: ParseError[] = [];
    const root = parseTree(this.#text, errors, strict);
    const [first] = errors;
    if (first || !root) {
      const meaning =
        meanings[first ? printParseErrorCode(first.error) : ''] ?? 'the file is empty';
      throw new SkepError('SKEP_CONFIG_SYNTAX', meaning, {
        place: `${name}:${this.#lineColumn(first?.offset ?? 0)}`,
      });
    }
    this.#root = root;
    this.value = JSON.parse(this.#text) as JsonValue;
  }

  /** `plugins.json:12:5 (plugins[0].options)`: the place of a value, or of the nearest one around it. */
  place(path: readonly PropertyKey[]): string {
    for (let length = path.length; length > 0; length--) {
      const node = findNodeAtLocation(this.#root, path.slice(0, length).map(segment));
      if (node) return `${this.#name}:${this.#lineColumn(nameOffset(node))} (${pathText(path)})`;
    }
    return this.#name;
  }

  #lineColumn(offset: number): string {
    const before = this.#text.slice(0, offset).split('\n');
    return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
  }
}

/** Where the first bracket stands that opens one level too many. */
function firstBeyond(text: string, levels: number): number | undefined {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (isText) {
      if (sign === '\\') at += 1;
      else if (sign === '"') isText = false;
    } else if (sign === '"') isText = true;
    else if (sign === '{' || sign === '[') {
      depth += 1;
      if (depth > levels) return at;
    } else if (sign === '}' || sign === ']') depth -= 1;
  }
  return undefined;
}

const segment = (key: PropertyKey): string | number =>
  typeof key === 'number' ? key : String(key);

/** A property is pointed at by its key, not by its value. */
const nameOffset = (node: Node): number =>
  node.parent?.type === 'property' ? node.parent.offset : node.offset;
