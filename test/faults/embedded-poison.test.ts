// Executions that kill their process, beside healthy ones on the embedded queue: only the poison is quarantined.
import { EmbeddedHarness } from '../plugins/queue/embedded/embedded-harness.js';
import { entries, idOf } from '../support/executions.js';
import { Victim } from './victim.js';

const script = new URL('./embedded-poisoned.ts', import.meta.url);

describe('poison in the embedded queue', () => {
  it('is quarantined after maxCrashes, and takes nobody along', async () => {
    const harness = await EmbeddedHarness.create();
    try {
      const broker = await harness.open();
      const poison = entries(2, { payload: 'poison' });
      const healthy = entries(25);
      // Out together from the first moment on: ten at a time.
      await broker.enqueue([...healthy.slice(0, 4), ...poison, ...healthy.slice(4)]);
      const empty = broker.waitForEmpty().then(() => true);
      let worker = new Victim(script, [harness.dataDir]);
      // As a supervisor would.
      while (!(await Promise.race([empty, worker.gone.then(() => false)]))) {
        worker = new Victim(script, [harness.dataDir]);
      }
      await worker.kill();
      for (const each of poison) {
        expect(await broker.find(idOf(each))).toMatchObject({ state: 'quarantined', crashes: 4 });
      }
      const ends = await Promise.all(healthy.map((each) => broker.find(idOf(each))));
      expect(ends.filter((end) => end?.state !== 'success')).toEqual([]);
    } finally {
      await harness.dispose();
    }
  }, 180_000);
});
