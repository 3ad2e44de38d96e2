// The order of suites: those that are known to be long first, so that none of them is begun when all others have ended and
// one worker is left to wait for. Without durations of its own, as in a fresh clone, Jest goes by the size of files, and
// some of the longest suites are a few lines.
import { createRequire } from 'node:module';

// Its types are those of the CommonJS module; what an import gets is another one.
/** @type {typeof import('@jest/test-sequencer')} */
const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** Below test/, the longest first; one that is missing here or gone costs time and nothing else. */
const long = [
  'faults/crash-points.test.ts',
  'faults/crash-points-embedded.test.ts',
  'faults/tracked-freeze.test.ts',
  'faults/soak.test.ts',
  'faults/redis-kill.test.ts',
  'faults/half-open.test.ts',
  'faults/fuzz/redis-records.test.ts',
  'faults/tracked-freeze-holding.test.ts',
];

/** @param {{ readonly path: string }} test */
function place({ path }) {
  const index = long.findIndex((suite) => path.endsWith(`/test/${suite}`));
  return index === -1 ? long.length : index;
}

export default class LongFirst extends Sequencer {
  /**
   * @override
   * @type {import('@jest/test-sequencer').default['sort']}
   */
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.toSorted((one, other) => place(one) - place(other));
  }
}
