// kill -9 between each pair of steps of a run: a crash point before and after each write, enumerated in crash-points.ts.
// On SQLite with the embedded queue; a suite of its own, so that it runs beside the other.
import { crashPoints } from './crash-points.js';
import { proveAll, timeoutMs, what } from './crash-proof.js';

describe('crash points on SQLite and the embedded queue', () => {
  it(
    what,
    async () => {
      // There the relay holds no transaction open while the queue answers.
      const points = crashPoints(['relay-commit']);
      await proveAll('SQLite and the embedded queue', points, [undefined, undefined]);
    },
    timeoutMs,
  );
});
