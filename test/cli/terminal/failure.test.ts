// However a command fails, it is reported: with an error that has no text, throws when it is asked, or has a code of a plugin.

import { reportFailure } from '../../../src/cli/terminal/failure.js';
import { addErrorCodes } from '../../../src/core/errors/entries.js';
import { SkepError } from '../../../src/core/errors/skep-error.js';
import { recordError } from '../../../src/core/run/recorded-error.js';

let written = '';
const { stdout, stderr } = process;
beforeEach(() => {
  written = '';
  for (const stream of [stdout, stderr]) {
    stream.write = (text: string | Uint8Array): boolean => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours, which the command has of itself
      written += String(text).replaceAll(/\u001b\[[\d;]*m/g, '');
      return true;
    };
  }
});
afterEach(() => {
  for (const stream of [stdout, stderr]) Reflect.deleteProperty(stream, 'write');
});

const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
const throwing = Object.defineProperty(new Error('x'), 'message', {
  get: () => {
    throw new Error('a getter');
  },
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a symbol', Symbol('s')],
  ['an object without a prototype', Object.create(null)],
  ['a revoked proxy', proxy],
  ['an error whose message throws', throwing],
  ['an error without text', new Error('')],
])('%s', (_, thrown) => {
  for (const options of [
    { json: false, verbose: false },
    { json: true, verbose: true },
  ]) {
    written = '';
    expect(reportFailure(thrown, options)).toBe(1);
    expect(written).toContain('SKEP_INTERNAL');
  }
});

test('a code that nobody has described is shown with its message', () => {
  expect(
    reportFailure(new SkepError('MY_CODE', 'out of paper'), { json: false, verbose: false }),
  ).toBe(1);
  expect(written).toContain('MY_CODE out of paper');
  expect(written).toContain('A plugin failed with a code of its own.');
});

test('a code of a plugin has its cause, its remedy and its exit code, in records too', () => {
  addErrorCodes({ PAPER_OUT: { cause: 'No paper.', remedy: 'Put some in.', exitCode: 3 } });
  const error = new SkepError('PAPER_OUT', 'tray 2');
  expect(reportFailure(error, { json: false, verbose: false })).toBe(3);
  expect(written).toMatch(/PAPER_OUT tray 2[\s\S]*No paper\.[\s\S]*Put some in\./);
  expect(recordError(error)).toMatchObject({ code: 'PAPER_OUT', message: 'tray 2' });
});

test('place, remedy and details are without secrets and without control characters', () => {
  const error = new SkepError('SKEP_CONFIG_INVALID', 'a\u001b[2Jb', {
    place: 'password=S3cr3t-1',
    remedy: 'mysql://u:S3cr3t-2@h',
    details: { token: 'S3cr3t-3', note: '\u009b' },
  });
  reportFailure(error, { json: false, verbose: true });
  reportFailure(error, { json: true, verbose: false });
  expect(written).not.toMatch(/S3cr3t|\u009b/);
  expect(written).not.toContain('\u001b');
});

test('a message of several lines cannot pass for other output', () => {
  reportFailure(new Error('a\nSKEP_OK all is well'), { json: false, verbose: false });
  expect(written).not.toMatch(/^SKEP_OK/m);
});

test('an AggregateError says what failed', () => {
  const error = new AggregateError([new Error('one'), new TypeError('two'), 'three'], 'all');
  expect(recordError(error).message).toBe('all: [one; two; three]');
});
