// A process that is done ends, although nobody closed its broker: no timer of the queue holds it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { EmbeddedHarness } from './embedded-harness.js';

const script = new URL('./leave-open.ts', import.meta.url);

it('lets a process end that consumes no more and waits for nothing', async () => {
  const harness = await EmbeddedHarness.create();
  try {
    const child = fork(script, [harness.dataDir], { execArgv: ['--import', 'tsx'] });
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
    const broker = await harness.open();
    expect(await broker.queues()).toEqual([
      { name: 'default', waiting: 0, delayed: 1, active: 0, paused: false },
    ]);
  } finally {
    await harness.dispose();
  }
});
