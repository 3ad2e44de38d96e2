// The limits of tasks in one process: places and who is called to them, the rate and who is promised which time.
import { LocalFlow } from '../../src/core/flow/local-flow.js';
import type { Admission } from '../../src/core/ports/broker.js';
import type { FlowLimits } from '../../src/core/tasks/flow-options.js';

const limits = (changes: Partial<FlowLimits> = {}): FlowLimits => ({
  task: 'sync',
  concurrency: undefined,
  rate: undefined,
  ...changes,
});

function flowAt(start: number) {
  const clock = { now: start };
  const called: string[] = [];
  const flow = new LocalFlow({
    now: () => clock.now,
    bringForward: async (id) => {
      called.push(id);
    },
  });
  return { clock, called, flow };
}

const release = async (admission: Admission): Promise<void> => {
  if (!admission.admitted) throw new Error('was not admitted');
  await admission.release();
};

describe('the places of a task', () => {
  const one = limits({ concurrency: 1 });
  const two = limits({ concurrency: 2 });

  it('are as many as its concurrency, apart for each task', () => {
    const { flow, clock } = flowAt(1_000);
    expect([flow.admit('a', two), flow.admit('b', two), flow.admit('c', two)]).toMatchObject([
      { admitted: true },
      { admitted: true },
      { admitted: false },
    ]);
    expect(flow.admit('d', { ...two, task: 'other' })).toMatchObject({ admitted: true });
    const refused = flow.admit('c', two);
    expect(refused).toMatchObject({ admitted: false });
    const { availableAt } = refused as { availableAt: number };
    expect(availableAt - clock.now).toBeGreaterThanOrEqual(1_000);
    expect(availableAt - clock.now).toBeLessThanOrEqual(60_000);
  });

  it('are not looked for too often by a long line', () => {
    const { flow, clock } = flowAt(0);
    flow.admit('runs', one);
    const line = Array.from({ length: 100_000 }, (_, n) => flow.admit(`w-${n}`, one));
    expect(line.at(-1)).toEqual({ admitted: false, availableAt: clock.now + 60_000 });
  });

  it('are offered to who has waited longest, and kept for it', async () => {
    const { flow, called } = flowAt(0);
    const first = flow.admit('first', one);
    for (const id of ['second', 'third']) flow.admit(id, one);
    // Looking again does not lose its turn.
    flow.admit('third', one);
    flow.admit('second', one);
    await release(first);
    expect(called).toEqual(['second']);
    expect(flow.admit('newcomer', one)).toMatchObject({ admitted: false });
    expect(flow.admit('third', one)).toMatchObject({ admitted: false });
    const second = flow.admit('second', one);
    expect(second).toMatchObject({ admitted: true });
    await release(second);
    expect(called).toEqual(['second', 'third']);
  });

  it('are not kept for ever for one that does not come', async () => {
    const { flow, clock } = flowAt(0);
    const first = flow.admit('first', one);
    flow.admit('cancelled', one);
    await release(first);
    clock.now += 5_001;
    expect(flow.admit('newcomer', one)).toMatchObject({ admitted: true });
  });

  it('are given back with nobody waiting, and call nobody', async () => {
    const { flow, called } = flowAt(0);
    for (let round = 0; round < 5; round += 1) await release(flow.admit(`e-${round}`, one));
    expect(called).toEqual([]);
  });
});

describe('the rate of a task', () => {
  const rate = { count: 3, windowMs: 1_000 };
  const limited = limits({ rate });

  it('lets so many start in any window, to the millisecond', () => {
    const { flow, clock } = flowAt(0);
    const startsAt = (id: string): boolean => flow.admit(id, limited).admitted;
    expect(startsAt('a')).toBe(true);
    clock.now = 600;
    expect([startsAt('b'), startsAt('c'), startsAt('d')]).toEqual([true, true, false]);
    clock.now = 999;
    expect(startsAt('d')).toBe(false);
    clock.now = 1_000;
    expect([startsAt('d'), startsAt('e')]).toEqual([true, false]);
  });

  it('promises a time of its own to each that it refuses', () => {
    const { flow } = flowAt(0);
    const backlog = Array.from({ length: 10 }, (_, n) => flow.admit(`e-${n}`, limited));
    expect(backlog.map((each) => ('availableAt' in each ? each.availableAt : 0))).toEqual([
      0, 0, 0, 1_000, 1_000, 1_000, 2_000, 2_000, 2_000, 3_000,
    ]);
  });

  it('keeps a promise before newcomers', () => {
    const { flow, clock } = flowAt(0);
    for (const id of ['a', 'b', 'c', 'promised']) flow.admit(id, limited);
    clock.now = 1_000;
    const newcomers = ['x', 'y', 'z'].map((id) => flow.admit(id, limited).admitted);
    expect(newcomers).toEqual([true, true, false]);
    expect(flow.admit('promised', limited)).toMatchObject({ admitted: true });
  });

  it('does not wait for one that never comes', () => {
    const { flow, clock } = flowAt(0);
    const ids = Array.from({ length: 30 }, (_, n) => `e-${n}`);
    for (const id of ids) flow.admit(id, limited);
    clock.now = 60_000;
    const late = ['x', 'y', 'z'].map((id) => flow.admit(id, limited).admitted);
    expect(late).toEqual([true, true, true]);
  });

  it('does not put off for ever those that were promised a time after one that never comes', () => {
    const { flow, clock } = flowAt(0);
    const one = limits({ rate: { count: 1, windowMs: 1_000 } });
    for (const id of ['first', 'cancelled', 'waiting']) flow.admit(id, one);
    clock.now = 2_000;
    let admission = flow.admit('waiting', one);
    for (let asked = 0; !admission.admitted && asked < 20; asked += 1) {
      clock.now = admission.availableAt;
      admission = flow.admit('waiting', one);
    }
    expect(admission).toMatchObject({ admitted: true });
    expect(clock.now).toBeLessThanOrEqual(8_000);
  });

  it('holds exactly, and postpones each about once, with a backlog that comes late', () => {
    const { flow, clock } = flowAt(0);
    const window = { count: 20, windowMs: 1_000 };
    let state = 7;
    const lateness = (): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % 7;
    };
    const due = new Map(Array.from({ length: 2_000 }, (_, n) => [`e-${n}`, 0]));
    const starts: number[] = [];
    let asked = 0;
    while (due.size > 0) {
      const at = Math.min(...due.values());
      clock.now = Math.max(clock.now, at + lateness());
      for (const [id, dueAt] of due) {
        if (dueAt > clock.now) continue;
        asked += 1;
        const admission = flow.admit(id, limits({ rate: window }));
        if (admission.admitted) {
          starts.push(clock.now);
          due.delete(id);
        } else {
          due.set(id, admission.availableAt);
        }
      }
    }
    const tooSoon = starts.filter(
      (at, index) => at - (starts[index - window.count] ?? Number.NEGATIVE_INFINITY) < 1_000,
    );
    expect(tooSoon).toEqual([]);
    // Two are the least: once to be postponed, once to start.
    expect(asked / 2_000).toBeLessThan(4);
    // Nor is the rate missed by much: 99 windows follow the first.
    expect(starts.at(-1)).toBeLessThan(99_000 * 1.02);
  });

  it('gives back the place of one that it refuses', async () => {
    const both = limits({ concurrency: 1, rate: { count: 1, windowMs: 1_000 } });
    const { flow, clock, called } = flowAt(0);
    const first = flow.admit('first', both);
    flow.admit('second', both);
    await release(first);
    expect(called).toEqual(['second']);
    expect(flow.admit('second', both)).toEqual({ admitted: false, availableAt: 1_000 });
    expect(flow.admit('third', both)).toEqual({ admitted: false, availableAt: 2_000 });
    clock.now = 1_000;
    expect(flow.admit('second', both)).toMatchObject({ admitted: true });
  });
});
