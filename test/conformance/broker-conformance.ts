// The one suite that every broker passes (src/core/ports/broker.ts). An adapter's own tests call `describeBroker`.
import { cancellingTests } from './broker/cancelling.js';
import { closingTests } from './broker/closing.js';
import { consumingTests } from './broker/consuming.js';
import { controlTests } from './broker/control.js';
import { crashingTests } from './broker/crashing.js';
import { deliveringTests } from './broker/delivering.js';
import { flowTests } from './broker/flow.js';
import type { BrokerHarness } from './broker/harness.js';
import { holdingTests } from './broker/holding.js';
import { lanesTests } from './broker/lanes.js';
import { lookingTests } from './broker/looking.js';
import { pausingTests } from './broker/pausing.js';
import { processesTests } from './broker/processes.js';
import { settlingTests } from './broker/settling.js';
import { uniqueTests } from './broker/unique.js';
import { waitingTests } from './broker/waiting.js';

/** @param makeHarness gives an empty store of its own to every test. */
export function describeBroker(name: string, makeHarness: () => Promise<BrokerHarness>): void {
  describe(`${name} as a broker`, () => {
    let harness: BrokerHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(() => harness.dispose());

    const current = (): BrokerHarness => harness;
    deliveringTests(current);
    consumingTests(current);
    settlingTests(current);
    lookingTests(current);
    holdingTests(current);
    waitingTests(current);
    lanesTests(current);
    uniqueTests(current);
    flowTests(current);
    pausingTests(current);
    cancellingTests(current);
    controlTests(current);
    processesTests(current);
    crashingTests(current);
    closingTests(current);
  });
}
