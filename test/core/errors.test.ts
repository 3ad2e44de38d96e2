import { readFileSync } from 'node:fs';
import { type CatalogueEntry, errorCatalogue } from '../../src/core/errors/catalogue.js';
import { errorsDocument } from '../../src/core/errors/document.js';
import { hasCode, problemsOf, SkepError, SkepProblems } from '../../src/core/errors/skep-error.js';

describe('the catalogue of errors', () => {
  test('docs/errors.md says what the code says', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
    expect(page).toBe(errorsDocument());
  });

  test('every entry has a cause and a remedy in a sentence', () => {
    for (const [code, { cause, remedy }] of Object.entries<CatalogueEntry>(errorCatalogue)) {
      expect([code, cause, remedy]).toEqual([
        expect.stringMatching(/^SKEP_[A-Z_]+$/),
        expect.stringMatching(/^\S.+\.$/),
        expect.stringMatching(/^[A-Z].+\.$/),
      ]);
    }
  });

  test('a code is found through causes, problems are taken apart', () => {
    const inner = new SkepError('SKEP_STALE_DELIVERY', 'late');
    expect(hasCode(new Error('outer', { cause: inner }), 'SKEP_STALE_DELIVERY')).toBe(true);
    expect(hasCode(new Error('outer'), 'SKEP_STALE_DELIVERY')).toBe(false);
    expect(problemsOf(new SkepProblems([inner, inner]))).toHaveLength(2);
    expect(problemsOf(new Error('odd'))[0]).toMatchObject({
      code: 'SKEP_INTERNAL',
      message: 'odd',
    });
  });
});
