// What becomes of work that this worker does not know, while others may.
import { SkepError } from '../../src/core/errors/skep-error.js';
import type { WorkerStatus } from '../../src/core/ports/control.js';
import type { Unknown, WorkerNeed } from '../../src/core/run/acceptance.js';
import { UnknownWork } from '../../src/core/run/unknown-work.js';
import { workerStatus } from '../support/executions.js';
import { createHarness, envelopeOf, rememberingLogger } from '../support/harness.js';

const timeoutMs = 600_000;
const now = 5_000_000;

const unknown = (
  waitedMs: number | undefined,
  need: WorkerNeed = { task: 'newer', queue: 'default' },
): Unknown => ({
  run: {
    fields: { executionId: 'e-1', task: 'newer', attempt: 1, worker: 'w', jobId: 'e-1' },
    tracked: false,
    fence: 1,
  },
  error: new SkepError('SKEP_TASK_UNKNOWN', 'there is no task "newer"'),
  need,
  unknownSince: waitedMs === undefined ? undefined : now - waitedMs,
  queueNow: () => now,
});

function make(workers: () => Promise<readonly WorkerStatus[]> = async () => [], random = 1) {
  const { logger, lines } = rememberingLogger();
  const seams = { random: () => random };
  return { work: new UnknownWork({ logger, seams, workers, timeoutMs }), lines };
}

/** The delays of one execution that nobody ever knows, until it is quarantined. */
async function delaysUntilTheEnd(random: number): Promise<number[]> {
  const { work } = make(undefined, random);
  const delays: number[] = [];
  for (let waited = 0; ; waited += delays.at(-1) ?? 0) {
    const decided = await work.decide(unknown(waited));
    if (!('kind' in decided)) return delays;
    if (decided.kind !== 'postpone') throw new Error('it was to be handed back');
    expect(decided.unknownSince).toBe(now - waited);
    delays.push(decided.availableAt - now);
  }
}

test('is handed back with a growing delay, and quarantined with its reason when its time is over', async () => {
  const { work } = make();
  expect(await work.decide(unknown(undefined))).toEqual({
    ...{ kind: 'postpone', availableAt: now + 1_000, unknownSince: now },
  });
  const delays = await delaysUntilTheEnd(1);
  expect(delays.slice(0, 7)).toEqual([1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000]);
  expect(delays.reduce((sum, delay) => sum + delay)).toBe(timeoutMs);
  expect(Math.min(...(await delaysUntilTheEnd(0)))).toBeGreaterThanOrEqual(500);
  expect(await work.decide(unknown(timeoutMs))).toMatchObject({
    state: 'quarantined',
    error: {
      code: 'SKEP_TASK_UNKNOWN',
      message: expect.stringMatching(
        /^there is no task "newer"; no worker that knows it has come within 10 min/,
      ),
    },
  });
});

describe('waits on beyond its time while a worker is alive that', () => {
  test.each<[string, Partial<WorkerStatus>, WorkerNeed | undefined, boolean]>([
    ['knows the task', { tasks: ['newer'] }, undefined, true],
    [
      'knows it and drains: a successor comes',
      { tasks: ['newer'], state: 'draining' },
      undefined,
      true,
    ],
    ['does not say what it knows', {}, undefined, true],
    ['reads the envelope', { envelopeVersion: 2 }, { envelopeVersion: 2 }, true],
  ])('%s', async (_, status, need) => {
    const { work } = make(async () => [workerStatus({ tasks: ['older'] }), workerStatus(status)]);
    expect(await work.decide(unknown(timeoutMs * 3, need))).toMatchObject({
      ...{ kind: 'postpone', availableAt: now + 30_000, unknownSince: now - timeoutMs * 3 },
    });
  });

  test.each<[string, Partial<WorkerStatus>, WorkerNeed | undefined]>([
    ['but not one that does not know it', { tasks: ['older'] }, undefined],
    [
      'but not one that does not consume its queue',
      { tasks: ['newer'], queues: [{ name: 'mail', concurrency: 1 }] },
      undefined,
    ],
    ['but not one that reads older envelopes', { envelopeVersion: 1 }, { envelopeVersion: 2 }],
    ['but not one that says nothing of envelopes', {}, { envelopeVersion: 2 }],
  ])('%s', async (_, status, need) => {
    const { work } = make(async () => [workerStatus(status)]);
    expect(await work.decide(unknown(timeoutMs, need))).toMatchObject({ state: 'quarantined' });
  });

  test('cannot be asked for', async () => {
    const { work } = make(() => Promise.reject(new Error('Redis is away')));
    expect(await work.decide(unknown(timeoutMs))).toMatchObject({ kind: 'postpone' });
  });
});

test('a task is named in the log once, in plain words', async () => {
  const { work, lines } = make();
  for (let times = 0; times < 3; times += 1) await work.decide(unknown(undefined));
  await work.decide(unknown(undefined, { task: 'other', queue: 'default' }));
  const warnings = lines.filter(({ level }) => level === 'warn');
  expect(warnings.map(({ message }) => message)).toEqual([
    'handed back: waits for a worker that knows its task',
    'handed back: waits for a worker that knows its task',
  ]);
});

test('the runner hands it back without a run, an attempt or a record', async () => {
  const recorded: string[] = [];
  const observers = [{ ended: () => void recorded.push('ended') }];
  const { runner } = createHarness({ tasks: [], observers, seams: { random: () => 1 } });
  const raw = envelopeOf('newer', null, { tracked: true });
  expect(await runner.perform({ id: 'e-1', raw, crashes: 0, now: () => now })).toEqual({
    ...{ kind: 'postpone', availableAt: now + 1_000, unknownSince: now },
  });
  expect(recorded).toEqual([]);
});
