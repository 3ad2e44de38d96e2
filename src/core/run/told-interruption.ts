// An interruption on its way to the thread of a run: as plain data, and back.
import type { IsolatedInterruption } from '../ports/isolation.js';
import {
  DeliveryLost,
  ExecutionCancelled,
  HardTimeLimitExceeded,
  type Interrupt,
  RuntimeStopping,
  SoftTimeLimitExceeded,
} from './interruptions.js';

/** What a thread is told of an interruption; nothing at the hard limit, when it is asked no more but ended. */
export function toldOf(interruption: Interrupt): IsolatedInterruption | undefined {
  if (interruption instanceof HardTimeLimitExceeded) return undefined;
  if (interruption instanceof SoftTimeLimitExceeded) {
    return { kind: 'soft-limit', limitMs: interruption.limitMs };
  }
  if (interruption instanceof ExecutionCancelled) return { kind: 'cancelled' };
  return { kind: interruption instanceof DeliveryLost ? 'lost' : 'stopping' };
}

/** The interruption that a thread was told of. */
export function interruptionOf(told: IsolatedInterruption): Interrupt {
  switch (told.kind) {
    case 'soft-limit':
      return new SoftTimeLimitExceeded(told.limitMs);
    case 'cancelled':
      return new ExecutionCancelled();
    case 'lost':
      return new DeliveryLost();
    case 'stopping':
      return new RuntimeStopping();
  }
}
