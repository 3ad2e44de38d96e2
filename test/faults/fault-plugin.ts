// The tasks of the proofs. Each writes down what it does in the log of side effects, which SKEP_FAULT_LOG names.
import { setTimeout as work } from 'node:timers/promises';
import { z } from 'zod';
import {
  definePlugin,
  inject,
  Maria,
  Retry,
  type RunContext,
  type ScopedDataSource,
  Task,
  TimeLimit,
} from '../../src/index.js';
import { sideEffectsTo } from './side-effects.js';

const log = process.env.SKEP_FAULT_LOG;
const note = log === undefined ? () => {} : sideEffectsTo(log);

/** Works for a moment, or until it is to end; what happens to its process is not its fault. */
@Task({ code: 'work', maxCrashes: 1_000 })
class Work {
  async run({ ms }: { ms: number }, { executionId, signal }: RunContext): Promise<void> {
    note('started', executionId);
    try {
      await work(ms, undefined, { signal });
    } finally {
      note('ended', executionId);
    }
  }
}

/** Does nothing. */
@Task({ code: 'noop' })
class Noop {
  run(): void {}
}

/** Takes one shape of payload only. */
@Task({ code: 'checked', payload: z.strictObject({ n: z.int() }) })
class Checked {
  run(_payload: { n: number }): void {}
}

/** Ends its process. */
@Task({ code: 'poison', maxCrashes: 3 })
class Poison {
  async run(_payload: unknown, { executionId }: RunContext): Promise<void> {
    note('started', executionId);
    await work(20);
    process.exit(1);
  }
}

/** Beside poison: takes longer than that needs to end the process. */
@Task({ code: 'healthy' })
class Healthy {
  async run(_payload: unknown, { executionId }: RunContext): Promise<void> {
    for (const polluted in {}) throw new Error(`every object has "${polluted}" now`);
    note('started', executionId);
    await work(40);
    note('ended', executionId);
  }
}

/**
 * Writes one row, and counts it in the same transaction. Idempotent by the execution: a row that is there already is
 * neither written nor counted again.
 */
@Task({ code: 'row', maxCrashes: 1_000 })
@Retry({ maxRetries: 1_000, delay: '100ms', backoff: 'fixed', jitter: 'equal' })
@TimeLimit({ soft: '5s' })
class Row {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  async run(_payload: unknown, { executionId }: RunContext): Promise<void> {
    await this.maria.transaction(async (manager) => {
      const { affectedRows } = await manager.query(
        'INSERT IGNORE INTO effects (execution_id) VALUES (?)',
        [executionId],
      );
      if (affectedRows === 1) await manager.query('UPDATE tally SET effects = effects + 1');
    });
  }
}

export default definePlugin({
  name: 'faults',
  version: '1.0.0',
  tasks: [Work, Noop, Checked, Poison, Healthy, Row],
});
