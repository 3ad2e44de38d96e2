import { describeBroker } from '../../../conformance/broker-conformance.js';
import { EmbeddedHarness } from './embedded-harness.js';

describeBroker('the embedded queue', () => EmbeddedHarness.create());
