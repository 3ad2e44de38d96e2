// The beacon: what it says, when, and how it behaves while the broker is out of reach.
import type { WorkerStatus } from '../../src/core/ports/control.js';
import { Beacon, type BeaconParts } from '../../src/core/run/beacon.js';
import { skepVersion } from '../../src/core/version.js';
import { rememberingLogger } from '../support/harness.js';
import { quick } from '../support/quick.js';
import { until } from '../support/until.js';

/** A broker that hears announcements; `outage` makes it deaf. */
class Listener {
  readonly heard: WorkerStatus[] = [];
  readonly valid: number[] = [];
  withdrawn = 0;
  outage: Error | undefined;
  clockAheadMs: number | undefined;
  /** While set, an announcement does not end before it. */
  hold: Promise<void> | undefined;
  /** The same for taking it back. */
  holdWithdrawing: Promise<void> | undefined;

  async announce(status: WorkerStatus, validMs: number): Promise<void> {
    await this.hold;
    if (this.outage) throw this.outage;
    this.heard.push(status);
    this.valid.push(validMs);
  }

  async withdraw(): Promise<void> {
    await this.holdWithdrawing;
    if (this.outage) throw this.outage;
    this.withdrawn += 1;
  }
}

/** Holds up the event loop. */
function holdUp(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Lets the event loop be sampled a few times. */
async function samples(): Promise<void> {
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 20);
  await until(() => ticks >= 4);
  clearInterval(ticking);
}

function beaconOf(changes: Partial<BeaconParts> = {}) {
  const broker = new Listener();
  const { logger, lines } = rememberingLogger();
  const worker = {
    queues: [{ name: 'default', concurrency: 10, weight: 1 }],
    slots: 8,
    finished: 3,
    draining: false,
  };
  const running = [{ executionId: 'e-1', task: 'hello', attempt: 2, startedAt: 5 }];
  let now = 1_000;
  const beacon = new Beacon({
    broker,
    worker,
    runner: { running },
    tasks: ['hello'],
    logger,
    seams: { now: () => now++ },
    id: 'host:7',
    everyMs: 5,
    ...changes,
  });
  return { beacon, broker, worker, lines, messages: () => lines.map(({ message }) => message) };
}

test('says how far its clock is from that of the queue, where the queue has one of its own', async () => {
  const { beacon, broker } = beaconOf({ everyMs: 60_000 });
  await beacon.start();
  expect(broker.heard.at(-1)).not.toHaveProperty('clockAheadMs');
  broker.clockAheadMs = -1_500;
  await beacon.beat();
  expect(broker.heard.at(-1)).toMatchObject({ clockAheadMs: -1_500 });
  await beacon.stop();
});

test('says who the worker is and how it is, and that it holds for five beats', async () => {
  const { beacon, broker } = beaconOf({ everyMs: 60_000 });
  await beacon.start();
  expect(broker.heard).toEqual([
    {
      id: 'host:7',
      host: expect.any(String),
      pid: process.pid,
      version: skepVersion,
      startedAt: 1_000,
      beatAt: 1_001,
      state: 'running',
      queues: [{ name: 'default', concurrency: 10 }],
      slots: 8,
      running: [{ executionId: 'e-1', task: 'hello', attempt: 2, startedAt: 5 }],
      finished: 3,
      eventLoopLagMs: expect.any(Number),
      tasks: ['hello'],
      envelopeVersion: 1,
      memoryBytes: expect.any(Number),
    },
  ]);
  expect(broker.heard[0]?.memoryBytes).toBeGreaterThan(10_000_000);
  expect(broker.valid).toEqual([300_000]);
  await beacon.stop();
});

test('beats again and again until it is stopped; then it takes its word back', async () => {
  const { beacon, broker } = beaconOf();
  await beacon.start();
  await until(() => broker.heard.length >= 3);
  await beacon.stop();
  const heard = broker.heard.length;
  expect(broker.withdrawn).toBe(1);
  await beacon.stop();
  expect({ heard: broker.heard.length, withdrawn: broker.withdrawn }).toEqual({
    heard,
    withdrawn: 1,
  });
});

test('measures how long the event loop was held up, and forgets it', async () => {
  const { beacon, broker } = beaconOf({ everyMs: 60_000 });
  const lagMs = (): number => broker.heard.at(-1)?.eventLoopLagMs ?? Number.NaN;
  await beacon.start();
  // A machine that is busy itself may hold up the loop when it was to be forgotten; that is told, and rightly so.
  await quick(99, async () => {
    await samples();
    // It begins right after a beat: a histogram that was just reset would miss it.
    await beacon.beat();
    holdUp(150);
    await samples();
    await beacon.beat();
    expect(lagMs()).toBeGreaterThanOrEqual(100);
    await samples();
    await beacon.beat();
    await samples();
    await beacon.beat();
    return lagMs();
  });
  await beacon.stop();
});

test('a drain is announced at once', async () => {
  const { beacon, broker, worker } = beaconOf({ everyMs: 60_000 });
  await beacon.start();
  worker.draining = true;
  await beacon.beat();
  expect(broker.heard.map(({ state }) => state)).toEqual(['running', 'draining']);
  await beacon.stop();
});

test('an outage is logged once, and its end; the beats go on meanwhile', async () => {
  const { beacon, broker, messages } = beaconOf();
  broker.outage = new Error('gone');
  await beacon.start();
  for (let beats = 0; beats < 4; beats++) await beacon.beat();
  broker.outage = undefined;
  await until(() => broker.heard.length >= 2);
  broker.outage = new Error('gone again');
  await beacon.beat();
  await beacon.stop();
  expect(messages()).toEqual([
    'announcing the worker failed; trying again',
    'the worker is announced again',
    'announcing the worker failed; trying again',
    'withdrawing the worker failed; it expires by itself',
  ]);
});

test('beats do not heap up while the broker is slow', async () => {
  const { beacon, broker } = beaconOf({ everyMs: 1 });
  await beacon.start();
  let release = (): void => undefined;
  broker.hold = new Promise((resolve) => {
    release = resolve;
  });
  const slow = beacon.beat();
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  await until(() => turns >= 20);
  clearInterval(turning);
  broker.hold = undefined;
  const before = broker.heard.length;
  release();
  await slow;
  // The one that was held; a regular one may have followed by now, but not twenty.
  expect(broker.heard.length - before).toBeLessThanOrEqual(2);
  await beacon.stop();
});

test('a broker that does not answer does not hold the end of the process', async () => {
  const { beacon, broker } = beaconOf({ everyMs: 60_000, stopTimeoutMs: 20 });
  await beacon.start();
  broker.hold = new Promise(() => undefined);
  void beacon.beat();
  await beacon.stop();
  expect(broker.withdrawn).toBe(1);
});

test('a broker that never confirms that the worker is gone does not hold the end of the process', async () => {
  const { beacon, broker, lines } = beaconOf({ everyMs: 60_000, stopTimeoutMs: 20 });
  await beacon.start();
  broker.holdWithdrawing = new Promise(() => undefined);
  await beacon.stop();
  expect(broker.withdrawn).toBe(0);
  expect(lines.map(({ message }) => message)).toEqual([
    'withdrawing the worker failed; it expires by itself',
  ]);
});

test('stopping before the start does nothing, and there is no start after a stop', async () => {
  const { beacon, broker } = beaconOf();
  await beacon.stop();
  await beacon.start();
  expect({ heard: broker.heard, withdrawn: broker.withdrawn }).toEqual({ heard: [], withdrawn: 0 });
});
