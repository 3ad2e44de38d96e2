// A finding of doctor has an end, whatever it asks.
import { examine } from '../../src/cli/examine.js';
import { SkepError } from '../../src/core/errors/skep-error.js';

test('what gives no answer is a problem that names it', async () => {
  expect(await examine('hris', () => new Promise(() => undefined), 20)).toMatchObject({
    name: 'hris',
    problem: { code: 'SKEP_CONNECT_FAILED', message: 'hris gave no answer within 20 ms' },
  });
});

test('what fails is a problem with its own code, what answers is a finding', async () => {
  const failure = new SkepError('SKEP_ACCESS_DENIED', 'no');
  const fails = () => Promise.reject(failure);
  expect(await examine('hris', fails)).toEqual({ name: 'hris', problem: failure });
  expect(await examine('hris', async () => ({ found: 'it' }))).toEqual({
    name: 'hris',
    found: 'it',
  });
});
