// Suspects: executions that were out at more than one crash. Whichever of them kills its process, the others only
// happened to be out beside it, and would be quarantined with it in the end. So one of them is out at a time.
import type { ConsumerSlots } from './consumer-slots.js';
import type { Claim, Store } from './store.js';

/** One crash is bad luck: what it hit starts again side by side. */
const suspectFrom = 2;
/** When the others are looked at again. */
const putOffMs = 250;

const isSuspect = ({ crashes }: Claim): boolean => crashes >= suspectFrom;

/** Of what a transaction has claimed, puts off every suspect but one, and that one too while another is out. */
export function keepSuspectsApart(
  consumers: readonly ConsumerSlots[],
  store: Store,
  now: number,
): void {
  let isOneOut: boolean | undefined;
  for (const slots of consumers) {
    for (const suspect of slots.claimed.filter(isSuspect)) {
      isOneOut ??= consumers.some(({ stillOut }) => stillOut.some(isSuspect));
      if (isOneOut) slots.putOff(store, suspect, now + putOffMs);
      isOneOut = true;
    }
  }
}
