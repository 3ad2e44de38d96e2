// The remedy that a command shows for an error on record: the exact one where there is one.
import { errorDocument, errorLines } from '../../../src/cli/terminal/recorded-error.js';
import { SkepError } from '../../../src/core/errors/skep-error.js';
import { recordError } from '../../../src/core/run/recorded-error.js';

describe('the remedy of an error on record', () => {
  test('is the one that the error has of its own', () => {
    const remedy = 'Set HRIS_URL to mysql://hris:secret@db.example/hris.';
    const recorded = recordError(new SkepError('SKEP_CONNECT_FAILED', 'no file', { remedy }));
    const shown = 'Set HRIS_URL to mysql://hris:[redacted]@db.example/hris.';
    expect(recorded).toMatchObject({ code: 'SKEP_CONNECT_FAILED', remedy: shown });
    expect(errorDocument(recorded)).toMatchObject({ remedy: shown });
    expect(errorLines(recorded).at(-1)).toContain(shown);
  });

  test('is that of the catalogue where the error has none, or a damaged one', () => {
    const recorded = recordError(new SkepError('SKEP_CONNECT_FAILED', 'no file'));
    expect(recorded).not.toHaveProperty('remedy');
    for (const error of [recorded, { ...recorded, remedy: 7 as never }]) {
      const remedy = expect.stringMatching(/^Check that the server runs/);
      expect(errorDocument(error)).toMatchObject({ remedy });
      expect(errorLines(error).at(-1)).toContain('Check that the server runs');
    }
  });

  test('is none where the error is not of Skep', () => {
    expect(errorDocument(recordError(new RangeError('x')))).toEqual({
      code: 'RangeError',
      message: 'x',
    });
  });
});
