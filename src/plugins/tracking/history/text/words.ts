// The words by which executions are found: of a search, and of task, payload and error of an execution. The one place
// that decides what a word is, so that what is searched and what is indexed agree.

/** What the words of an execution are taken from, as the columns have it. */
export interface WordSource {
  readonly task: string;
  readonly payload: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
}

/** Letters and digits; a UUID is one word, because its parts alone tell nothing. */
const word = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\p{L}\p{N}\p{M}]+/gu;
/** `\n` in JSON text is no letter. */
const jsonEscape = /\\(?:["\\/bfnrt]|u[0-9a-f]{4})/g;

const longestWord = 64;
/** A payload may be large: what comes after so many characters, or words, is not searched. */
const longestText = 8_000;
const mostWords = 200;

/** Each word of a text once. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.toLowerCase().match(word) ?? [])].map(cut);
}

export function payloadWords({ task, payload }: Pick<WordSource, 'task' | 'payload'>): string[] {
  const json = payload?.slice(0, longestText).replace(jsonEscape, ' ') ?? '';
  return wordsOf(`${task} ${json}`).slice(0, mostWords);
}

export function errorWords({
  error_code,
  error_message,
}: Pick<WordSource, 'error_code' | 'error_message'>): string[] {
  return wordsOf(`${error_code ?? ''} ${error_message ?? ''}`).slice(0, mostWords);
}

/** Whether an execution has every one of these words. */
export function hasWords(source: WordSource, words: readonly string[]): boolean {
  const known = new Set([...payloadWords(source), ...errorWords(source)]);
  return words.every((each) => known.has(each));
}

/** By character, so that none is cut in two. */
const cut = (text: string): string =>
  text.length > longestWord ? [...text].slice(0, longestWord / 2).join('') : text;
