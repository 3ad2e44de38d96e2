// A thread in which something is dispatched in a transaction, as far as the signal goes; then it ends.
import { OutboxSignal } from '../../../../src/plugins/tracking/outbox-signal.js';

new OutboxSignal().dispatched(['from a thread']);
