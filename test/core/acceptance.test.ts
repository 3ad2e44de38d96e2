import { z } from 'zod';
import {
  accept,
  type Delivered,
  type Refusal,
  type Unknown,
} from '../../src/core/run/acceptance.js';
import type { Attempt } from '../../src/core/run/attempt.js';
import { type Payload, Task, Tracked } from '../../src/index.js';
import { createHarness, envelopeOf, fixedSeams, registryOf } from '../support/harness.js';

const Greeting = z.object({ name: z.string().default('all') });

@Task({ code: 'greet', payload: Greeting, maxCrashes: 2 })
class Greet {
  run({ name }: Payload<typeof Greeting>): string {
    return name;
  }
}

@Task({ code: 'kept' })
@Tracked()
class Kept {
  run(): void {}
}

const now = 1_000_000;
const parts = {
  registry: registryOf(Greet, Kept),
  seams: fixedSeams({ now: () => now }),
  worker: 'w',
};

const acceptIt = (
  raw: unknown,
  more: Partial<Delivered> = {},
): Promise<Attempt | Refusal | Unknown> => accept(parts, { id: 'e-1', raw, crashes: 0, ...more });

describe('an attempt', () => {
  test('has its fields, its parsed payload and its time', async () => {
    expect(await acceptIt(envelopeOf('greet', {}, { attempt: 2 }), { crashes: 1 })).toMatchObject({
      fields: { executionId: 'e-1', task: 'greet', attempt: 3, worker: 'w', jobId: 'e-1' },
      payload: { name: 'all' },
      startedAt: now,
      tracked: false,
    });
  });

  test('is tracked when its record was made, whatever its task says by now', async () => {
    expect(await acceptIt(envelopeOf('greet', {}, { tracked: true }))).toMatchObject({
      tracked: true,
    });
    expect(await acceptIt(envelopeOf('kept'))).toMatchObject({ tracked: false });
  });

  test('counts the crashes that its queue does not know of', async () => {
    const raw = envelopeOf('greet', {}, { attempt: 2, crashes: 1 });
    expect(await acceptIt(raw, { crashes: 1 })).toMatchObject({ fields: { attempt: 4 } });
    expect(await acceptIt(raw, { crashes: 2 })).toMatchObject({ state: 'quarantined' });
  });
});

describe('expiry', () => {
  const expiring = (expiresAt: number, attempt = 1) =>
    envelopeOf('greet', {}, { expiresAt, attempt });

  test('an execution that has not begun in time is skipped', async () => {
    expect(await acceptIt(expiring(now - 1))).toMatchObject({
      state: 'skipped',
      run: { fields: { executionId: 'e-1', task: 'greet', attempt: 1 } },
      error: {
        code: 'SKEP_EXPIRED',
        message: `the execution had not begun at ${new Date(now - 1).toISOString()}, when it expired`,
      },
    });
  });

  test('goes by the clock of the queue, where a delivery tells it', async () => {
    const [past, later] = [{ now: () => now - 2 }, { now: () => now + 2 }];
    expect(await acceptIt(expiring(now - 1), past)).toHaveProperty('record');
    expect(await acceptIt(expiring(now + 1), later)).toMatchObject({ state: 'skipped' });
  });

  test('the last moment is in time', async () => {
    expect(await acceptIt(expiring(now))).toHaveProperty('record');
  });

  test.each([
    ['a retry', 2, 0],
    ['a try after a crash', 1, 1],
  ])('%s goes on: what has begun is brought to its end', async (_, attempt, crashes) => {
    expect(await acceptIt(expiring(0, attempt), { crashes })).toHaveProperty('record');
  });

  test('its payload does not matter any more', async () => {
    const raw = envelopeOf('greet', { name: 1 }, { expiresAt: 0 });
    expect(await acceptIt(raw)).toMatchObject({ state: 'skipped' });
  });
});

describe('cancelled while nobody could be told', () => {
  const cancelled = { cancelled: true };

  test('it does not run', async () => {
    expect(await acceptIt(envelopeOf('greet', {}), cancelled)).toMatchObject({
      state: 'cancelled',
      run: { fields: { executionId: 'e-1', task: 'greet' } },
      error: { code: 'SKEP_CANCELLED' },
    });
  });

  test.each([
    ['expired', envelopeOf('greet', {}, { expiresAt: 0 })],
    ['of an unknown task', envelopeOf('gret')],
    ['of a payload that does not fit', envelopeOf('greet', { name: 1 })],
  ])('so it is if it is also %s', async (_, raw) => {
    expect(await acceptIt(raw, cancelled)).toMatchObject({ state: 'cancelled' });
  });

  test('nor does a retry, nor one that crashed too often', async () => {
    const retry = envelopeOf('greet', {}, { attempt: 2 });
    expect(await acceptIt(retry, { cancelled: true, crashes: 9 })).toMatchObject({
      state: 'cancelled',
      run: { fields: { attempt: 11 } },
    });
  });

  test('what is no envelope is quarantined all the same', async () => {
    expect(await acceptIt('garbage', cancelled)).toMatchObject({
      state: 'quarantined',
      run: { fields: { executionId: 'e-1', task: 'unknown' } },
      error: { code: 'SKEP_ENVELOPE_INVALID' },
    });
  });
});

test('too many crashes are told before expiry: it had begun', async () => {
  const raw = envelopeOf('greet', {}, { expiresAt: 0 });
  expect(await acceptIt(raw, { crashes: 3 })).toMatchObject({
    state: 'quarantined',
    error: { code: 'SKEP_CRASHED_TOO_OFTEN' },
  });
});

test('what was refused is settled and recorded, and no error of Skep’s', async () => {
  const { runner, lines } = createHarness({ tasks: [Greet], seams: { now: () => now } });
  const raw = envelopeOf('greet', {}, { expiresAt: 1 });
  expect(await runner.perform({ id: 'e-1', raw, crashes: 0 })).toMatchObject({
    kind: 'final',
    state: 'skipped',
    report: { attempt: 1, error: { code: 'SKEP_EXPIRED' } },
  });
  expect(lines).toMatchObject([
    { level: 'warn', message: 'run refused: skipped', fields: { executionId: 'e-1' } },
  ]);
});

describe('what another worker may know', () => {
  const queue = { now: () => now };

  test('is handed on: a task of another version of the plugins, an envelope of a newer version of Skep', async () => {
    expect(await acceptIt(envelopeOf('newer'), { ...queue, unknownSince: 7 })).toMatchObject({
      run: { fields: { executionId: 'e-1', task: 'newer' } },
      error: { code: 'SKEP_TASK_UNKNOWN' },
      need: { task: 'newer', queue: 'default' },
      unknownSince: 7,
    });
    const raw = { v: 2, id: 'e-1', task: 'greet', tracked: true, payloads: [] };
    expect(await acceptIt(raw, queue)).toMatchObject({
      run: { fields: { executionId: 'e-1', task: 'greet' }, tracked: true },
      error: { code: 'SKEP_ENVELOPE_NEWER' },
      need: { envelopeVersion: 2 },
    });
    expect(await acceptIt({ v: 2, id: 5 }, queue)).toMatchObject({
      run: { fields: { executionId: 'e-1', task: 'unknown' } },
    });
  });

  test('is cancelled or has expired all the same', async () => {
    const raw = envelopeOf('newer', null, { expiresAt: now - 1 });
    expect(await acceptIt(raw, queue)).toMatchObject({ state: 'skipped' });
    expect(await acceptIt(raw, { ...queue, cancelled: true })).toMatchObject({
      state: 'cancelled',
    });
    expect(await acceptIt({ v: 2 }, { ...queue, cancelled: true })).toMatchObject({
      state: 'cancelled',
    });
  });

  test('has no other worker without a queue', async () => {
    expect(await acceptIt(envelopeOf('newer'))).toMatchObject({ state: 'quarantined' });
  });

  test('fields that this version does not know are kept, and no reason to refuse anything', async () => {
    const more = { headers: { trace: 'x' }, unique: { key: 'k', scope: 'queue' } };
    const raw = { ...envelopeOf('greet', {}), ...more };
    expect(await acceptIt(raw, queue)).toMatchObject({ envelope: raw });
  });
});

test('an envelope under the id of another execution is refused, and no record is touched', async () => {
  for (const raw of [
    envelopeOf('greet', {}, { id: 'somebody-else', tracked: true, attempt: 50 }),
    { v: 2, id: 'somebody-else', task: 'greet', tracked: true },
  ]) {
    expect(await acceptIt(raw, { now: () => now })).toMatchObject({
      run: { fields: { executionId: 'e-1' }, tracked: false },
      state: 'quarantined',
      error: { code: 'SKEP_ENVELOPE_INVALID' },
    });
  }
});

test('a payload that is nested too deep to be written again fails, retries or not', async () => {
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  expect(await acceptIt(envelopeOf('greet', deep))).toMatchObject({
    state: 'failed',
    error: { code: 'SKEP_PAYLOAD_INVALID', message: expect.stringContaining('1000 levels') },
  });
});

test('nor is a field that this version does not know written again when it is nested too deep', async () => {
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  const raw = { ...envelopeOf('greet'), ofANewerVersion: deep };
  expect(await acceptIt(raw)).toMatchObject({
    state: 'quarantined',
    error: { code: 'SKEP_ENVELOPE_INVALID' },
  });
});
