// Says on standard error when no worker consumes the queue of an execution: whoever dispatches may wait for nobody.
import type { Broker } from '../core/ports/broker.js';

/** How often it is said again while somebody waits, milliseconds. */
const repeatMs = 30_000;

export interface IdleQueue {
  readonly broker: Pick<Broker, 'workers'>;
  readonly queue: string;
  /** Is given each line. */
  tell(line: string): void;
  /** Milliseconds from one look to the next; {@link repeatMs} when absent. */
  readonly everyMs?: number;
}

/** Looks once, and says when no worker consumes the queue. */
export async function tellIdleQueue({ broker, queue, tell }: IdleQueue): Promise<void> {
  const workers = await broker.workers();
  const isConsumed = workers.some(
    ({ state, queues }) => state === 'running' && queues.some(({ name }) => name === queue),
  );
  if (isConsumed) return;
  tell(`no worker consumes the queue "${queue}": start one with \`skep start\``);
}

/** Looks now, and again and again until the signal aborts. A look that fails says nothing: the wait itself reports a lost queue. */
export function keepTellingIdleQueue(idle: IdleQueue, signal: AbortSignal): void {
  const look = (): void => void tellIdleQueue(idle).catch(() => undefined);
  look();
  const timer = setInterval(look, idle.everyMs ?? repeatMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
