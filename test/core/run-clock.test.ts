// When the work of a run is ended that does not end by itself: first its queries, then the waiting for its code.
import {
  DeliveryLost,
  ExecutionCancelled,
  HardTimeLimitExceeded,
  RuntimeStopping,
  SoftTimeLimitExceeded,
} from '../../src/core/run/interruptions.js';
import { RunClock } from '../../src/core/run/run-clock.js';

function clockOf(limits: { softLimitMs?: number; hardLimitMs?: number } = {}) {
  const told: string[] = [];
  const clock = new RunClock(
    { softLimitMs: undefined, hardLimitMs: undefined, ...limits },
    async () => told.push('killed'),
  );
  clock.onAbandoned(() => told.push('abandoned'));
  clock.begin();
  return { clock, told };
}

const { jest } = import.meta;

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test.each([
  ['cancelled', (clock: RunClock) => clock.cancel(), ExecutionCancelled, 10_000],
  ['stopped', (clock: RunClock) => clock.stop(), RuntimeStopping, 2_000],
  ['lost', (clock: RunClock) => clock.lose(), DeliveryLost, 1_000],
] as const)(
  'a run that is %s: its signal at once, its queries at half time, then the end',
  (_, interrupt, reason, graceMs) => {
    const { clock, told } = clockOf();
    interrupt(clock);
    expect(clock.signal.aborted).toBe(true);
    expect(clock.signal.reason).toBeInstanceOf(reason);
    jest.advanceTimersByTime(graceMs / 2 - 1);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['killed']);
    jest.advanceTimersByTime(graceMs / 2 - 1);
    expect(told).toEqual(['killed']);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['killed', 'abandoned']);
  },
);

test('what has ended by then is left alone', () => {
  const { clock, told } = clockOf();
  clock.cancel();
  clock.dispose();
  jest.advanceTimersByTime(60_000);
  expect(told).toEqual([]);
});

test('at the soft limit the signal aborts, and two seconds later queries are killed; the code goes on', () => {
  const { clock, told } = clockOf({ softLimitMs: 1_000 });
  jest.advanceTimersByTime(999);
  expect(clock.signal.aborted).toBe(false);
  jest.advanceTimersByTime(1);
  expect(clock.signal.reason).toBeInstanceOf(SoftTimeLimitExceeded);
  jest.advanceTimersByTime(60_000);
  expect(told).toEqual(['killed']);
});

test('at the hard limit it is over', () => {
  const { clock, told } = clockOf({ hardLimitMs: 1_000 });
  jest.advanceTimersByTime(999);
  expect(told).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(told).toEqual(['abandoned']);
  expect(clock.interruption).toBeInstanceOf(HardTimeLimitExceeded);
});

test('a run that was cancelled stays cancelled when its hard limit comes', () => {
  const { clock, told } = clockOf({ hardLimitMs: 1_000 });
  clock.cancel();
  jest.advanceTimersByTime(1_000);
  expect(clock.interruption).toBeInstanceOf(ExecutionCancelled);
  expect(told).toEqual(['abandoned']);
});

test.each([
  ['cancelled', (clock: RunClock) => clock.cancel()],
  ['stopped', (clock: RunClock) => clock.stop()],
] as const)(
  'a run whose hard limit has come stays timed out when it is %s then',
  (_, interrupt) => {
    const { clock, told } = clockOf({ hardLimitMs: 1_000 });
    jest.advanceTimersByTime(1_000);
    interrupt(clock);
    expect(clock.interruption).toBeInstanceOf(HardTimeLimitExceeded);
    jest.advanceTimersByTime(60_000);
    expect(told).toEqual(['abandoned']);
  },
);
