import { clockWarnings } from '../../src/cli/terminal/clock-warnings.js';
import { clockText } from '../../src/cli/terminal/states.js';

test('clocks that are far from that of the queue are named, each with its machine', () => {
  const workers = [
    { id: 'right:1', clockAheadMs: -1_900 },
    { id: 'wrong:2', clockAheadMs: 90_000 },
    { id: 'older:3' },
  ];
  expect(clockWarnings(12, workers)).toMatchObject([
    { message: expect.stringMatching(/: wrong:2 \S*\+1 min 30 s\S*$/) },
  ]);
  expect(clockWarnings(-3_000, [])).toMatchObject([
    { message: expect.stringMatching(/: this machine \S*-3(\.0)? s\S*$/) },
  ]);
  expect(clockWarnings(undefined, [{ id: 'right:1', clockAheadMs: 1 }])).toEqual([]);
});

test('a clock is ahead, behind, or not known', () => {
  expect([3, -3, 0, undefined].map(clockText)).toEqual(['+3 ms', '-3 ms', '+0 ms', '-']);
});
