// How long executions are kept after their end: as their task says, else as is said for their state, else the default.
import { type Duration, durationMs } from '../../../core/duration.js';
import { type FinalState, finalStates } from '../../../core/execution.js';
import type { TaskRegistry } from '../../../core/tasks/registry.js';
import type { TrackingOptions } from '../options.js';

export class Retention {
  readonly #tasks: ReadonlyMap<string, number>;
  readonly #states: ReadonlyMap<FinalState, number>;

  constructor({ retention, retentionByState }: TrackingOptions, registry: TaskRegistry) {
    const ofState = (state: FinalState): Duration => retentionByState[state] ?? retention;
    this.#states = new Map(finalStates.map((state) => [state, durationMs(ofState(state))]));
    this.#tasks = new Map(
      registry.all.flatMap(({ code, tracked }) =>
        tracked?.retention === undefined ? [] : [[code, durationMs(tracked.retention)]],
      ),
    );
  }

  /** For how long, in milliseconds. Undefined of a state that is none of Skep's: then it is kept. */
  of(task: string, state: FinalState): number | undefined {
    return this.#tasks.get(task) ?? this.#states.get(state);
  }

  /** The times that there are, the shortest first. */
  get all(): readonly number[] {
    const times = new Set([...this.#tasks.values(), ...this.#states.values()]);
    return [...times].sort((a, b) => a - b);
  }
}
