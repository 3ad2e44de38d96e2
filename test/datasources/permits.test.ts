import { endless, type Patience, Permits } from '../../src/datasources/permits.js';
import { errorOf } from './support.js';

describe('permits', () => {
  it('go to who asked first, and nobody overtakes', async () => {
    const permits = new Permits(1);
    const first = await permits.take(1_000, endless);
    const order: string[] = [];
    const waiting = ['a', 'b', 'c'].map(async (name) => {
      const release = await permits.take(1_000, endless);
      order.push(name);
      release();
    });
    expect(permits.tryTake()).toBeUndefined();
    first();
    expect(permits.tryTake()).toBeUndefined();
    await Promise.all(waiting);
    expect(order).toEqual(['a', 'b', 'c']);
    expect(permits.tryTake()).toBeDefined();
  });

  it('are never more than their number, also when one is given back twice', async () => {
    const permits = new Permits(2);
    const one = await permits.take(1_000, endless);
    await permits.take(1_000, endless);
    one();
    one();
    expect(permits.tryTake()).toBeDefined();
    expect(permits.tryTake()).toBeUndefined();
  });

  it('are waited for until the time is over or the signal aborts, and no longer take a turn', async () => {
    const permits = new Permits(1);
    const held = await permits.take(1_000, endless);
    const controller = new AbortController();
    const { signal } = controller;
    const patience: Patience = {
      signal,
      get over() {
        return signal.aborted;
      },
    };
    const aborted = errorOf(() => permits.take(60_000, patience));
    const late = errorOf(() => permits.take(5, endless));
    const patient = permits.take(60_000, endless);
    const reason = new Error('the run has ended');
    controller.abort(reason);
    expect(await aborted).toBe(reason);
    expect(await late).toMatchObject({ name: 'NotInTime', timeoutMs: 5 });
    expect(await errorOf(() => permits.take(5, patience))).toBe(reason);
    held();
    (await patient)();
    expect(permits.tryTake()).toBeDefined();
  });
});
