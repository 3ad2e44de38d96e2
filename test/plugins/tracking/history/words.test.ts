// What counts as a word, and how the places of a word in a block are kept.
import { encodePlaces, Places } from '../../../../src/plugins/tracking/history/text/block.js';
import {
  hasWords,
  payloadWords,
  wordsOf,
} from '../../../../src/plugins/tracking/history/text/words.js';

describe('words', () => {
  test.each([
    ['Ada@Example.com', ['ada', 'example', 'com']],
    ['sync_attendance', ['sync', 'attendance']],
    ['0199AA0E-6c2f-7c11-b0aa-3f1d0c6f2a10', ['0199aa0e-6c2f-7c11-b0aa-3f1d0c6f2a10']],
    ['twice Twice', ['twice']],
    ['Zürich محمد 東京', ['zürich', 'محمد', '東京']],
    ['-- !', []],
  ])('of %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test('an escape in JSON is no letter', () => {
    const payload = JSON.stringify({ note: 'one\nnew "tab"\t\u0001x' });
    expect(payloadWords({ task: 't', payload })).toEqual(['t', 'note', 'one', 'new', 'tab', 'x']);
  });

  test('a long word is cut alike wherever it stands, and a huge payload has an end', () => {
    const long = 'a'.repeat(500);
    const source = { task: 't', payload: `"${long}"`, error_code: null, error_message: null };
    expect(hasWords(source, wordsOf(long))).toBe(true);
    const numbers = JSON.stringify(Array.from({ length: 50_000 }, (_, n) => n));
    expect(payloadWords({ task: 't', payload: numbers })).toHaveLength(200);
  });
});

describe('places in a block', () => {
  test.each([
    [[]],
    [[0]],
    [[4_095, 7, 0]],
    [Array.from({ length: 255 }, (_, n) => n * 16)],
    [Array.from({ length: 256 }, (_, n) => n * 16)],
    [Array.from({ length: 4_096 }, (_, n) => n)],
  ])('are read as they were written', (places) => {
    const descending = [...places].sort((a, b) => b - a);
    const bytes = encodePlaces(places);
    expect(bytes.length).toBeLessThanOrEqual(512);
    expect(Places.decode(bytes).descending()).toEqual(descending);
    expect(Places.decode(Places.decode(bytes).encode()).descending()).toEqual(descending);
  });

  test('are united and intersected', () => {
    const of = (...places: number[]): Places => Places.decode(encodePlaces(places));
    const set = of(1, 2, 300);
    set.unite(of(4_000));
    set.intersect(of(2, 300, 4_000, 5));
    expect(set.descending()).toEqual([4_000, 300, 2]);
  });
});
