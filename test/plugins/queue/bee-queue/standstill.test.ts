import { Standstill } from '../../../../src/plugins/queue/bee-queue/standstill.js';

/** What is said in the turns of an interval of 100 ms that come at these times. */
function saidAt(times: readonly number[]): boolean[] {
  let now = 0;
  const standstill = new Standstill(100, () => now);
  return times.map((time) => {
    now = time;
    return standstill.hasJustEnded();
  });
}

test('a process that is on time has not stood still', () => {
  expect(saidAt([100, 200, 350, 500])).toEqual([false, false, false, false]);
});

test('the first turn after a standstill is told from those that follow', () => {
  expect(saidAt([100, 5_000, 5_100, 9_000])).toEqual([false, true, false, true]);
});

test('a process whose turns are all late is slow: it must not be spared for ever', () => {
  expect(saidAt([400, 800, 1_200, 1_300, 1_700])).toEqual([true, false, false, false, true]);
});
