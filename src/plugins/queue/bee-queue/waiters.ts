// Who waits for an execution to end: told through a channel of that execution, and looked after when a message may have
// been lost.

import { queueOfLane } from '../../../core/dispatch/lanes.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import { type ExecutionView, isFinal } from '../../../core/execution.js';
import { finishedView } from './job.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import type { Looking } from './looking.js';

export interface WaitersParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly looking: Looking;
}

const lookAgainMs = 5_000;
/** Renewed with each look. */
const awaitedMs = 4 * lookAgainMs;
const lookForEmptyMs = 50;

export class Waiters {
  readonly #parts: WaitersParts;
  readonly #refusals = new Set<(error: unknown) => void>();

  constructor(parts: WaitersParts) {
    this.#parts = parts;
  }

  /** @throws SkepError `SKEP_EXECUTION_UNKNOWN`; the signal's reason when it aborts. */
  async final(id: string, signal: AbortSignal | undefined): Promise<ExecutionView> {
    const first = await this.#find(id);
    signal?.throwIfAborted();
    if (isFinal(first.state)) return first;
    const { link, keys } = this.#parts;
    const lane = first.queue;
    const awaited = keys.awaited(queueOfLane(lane));
    return this.#until<ExecutionView>(signal, lookAgainMs, async (resolve, look) => {
      const unlisten = await link.listen(`${keys.of(lane, 'final:')}${id}`, (message) => {
        const view = finishedView(id, lane, message);
        if (view) resolve(view);
      });
      const forget = link.onReturn(look);
      return {
        look: async () => {
          // Before the look, so that an end is either seen by it or told.
          await link.send((redis) => redis.set(awaited, 1, 'PX', awaitedMs), lookAgainMs);
          const view = await this.#find(id);
          if (isFinal(view.state)) resolve(view);
        },
        end: () => {
          unlisten();
          forget();
        },
      };
    });
  }

  /** @throws the signal's reason when it aborts. */
  empty(signal: AbortSignal | undefined): Promise<void> {
    return this.#until<void>(signal, lookForEmptyMs, async (resolve) => ({
      look: async () => {
        if (!(await this.#parts.looking.hasUnfinished())) resolve();
      },
      end: () => undefined,
    }));
  }

  /** Ends all waiting with an error. */
  refuse(error: unknown): void {
    for (const refusal of [...this.#refusals]) refusal(error);
  }

  async #find(id: string): Promise<ExecutionView> {
    const view = await this.#parts.looking.find(id);
    if (view) return view;
    throw new SkepError('SKEP_EXECUTION_UNKNOWN', `there is no execution ${id}`);
  }

  /** Looks at once, then every so often, until it is resolved, refused or aborted. */
  async #until<T>(
    signal: AbortSignal | undefined,
    everyMs: number,
    begin: (
      resolve: (value: T) => void,
      look: () => void,
    ) => Promise<{ look: () => Promise<void>; end: () => void }>,
  ): Promise<T> {
    signal?.throwIfAborted();
    let waiting: { look: () => Promise<void>; end: () => void } | undefined;
    let timer: NodeJS.Timeout | undefined;
    let refuse: (error: unknown) => void = () => undefined;
    const abort = (): void => refuse(signal?.reason);
    try {
      return await new Promise<T>((resolve, reject) => {
        refuse = reject;
        this.#refusals.add(refuse);
        signal?.addEventListener('abort', abort, { once: true });
        // Redis may be away for a moment; an execution that is unknown stays so.
        const failed = (error: unknown): void => {
          const code = error instanceof SkepError ? error.code : undefined;
          if (code !== 'SKEP_QUEUE_UNREACHABLE') reject(error);
        };
        const look = (): void => void waiting?.look().catch(failed);
        begin(resolve, look).then((begun) => {
          waiting = begun;
          look();
        }, reject);
        timer = setInterval(look, everyMs);
      });
    } finally {
      clearInterval(timer);
      waiting?.end();
      this.#refusals.delete(refuse);
      signal?.removeEventListener('abort', abort);
    }
  }
}
