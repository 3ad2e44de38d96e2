// The tasks of the proofs of tracked executions. Each writes down what it does in the log of side effects, and the rows
// that it writes are told apart by nothing: one that is written twice is there twice.
import { existsSync } from 'node:fs';
import { setTimeout as work } from 'node:timers/promises';
import {
  definePlugin,
  inject,
  Maria,
  Retry,
  type RunContext,
  type ScopedDataSource,
  Task,
  Tracked,
} from '../../src/index.js';
import { sideEffectsTo } from './side-effects.js';

const log = process.env.SKEP_FAULT_LOG;
const note = log === undefined ? () => {} : sideEffectsTo(log);
const retries = { maxRetries: 1_000, delay: '200ms', backoff: 'fixed', jitter: 'equal' } as const;

interface Booked {
  /** How long it takes, whatever it is told meanwhile. */
  readonly ms?: number;
  /** Attempts after the first go on when this file is there, which the test writes. */
  readonly againWhen?: string;
  /** So many attempts fail before one may succeed. */
  readonly failures?: number;
  /** The process stops in the middle of so many first attempts; what they do first when it goes on is to write. */
  readonly freezes?: number;
}

/** Resolves when the test has written the file. */
async function written(file: string): Promise<void> {
  while (!existsSync(file)) await work(20);
}

const together: (() => void)[] = [];

/** Resolves when so many runs have come here, and their process was stopped and has gone on. */
function frozenWith(runs: number): Promise<void> {
  return new Promise((goOn) => {
    together.push(goOn);
    if (together.length < runs) return;
    process.kill(process.pid, 'SIGSTOP');
    for (const each of together.splice(0)) each();
  });
}

/** Writes a row in the transaction that also ends its execution. */
@Task({ code: 'book', maxCrashes: 1_000 })
@Retry(retries)
@Tracked()
class Book {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  async run(booked: Booked, context: RunContext): Promise<void> {
    const { ms = 0, againWhen, failures = 0, freezes = 0 } = booked;
    const { executionId, attempt, logger } = context;
    // A connection is there before it begins, so that what it says first after a pause is no greeting.
    await this.maria.use((manager) => manager.query('SELECT 1'));
    note('started', executionId);
    try {
      if (attempt <= failures) throw new Error(`attempt ${attempt} is to fail`);
      await work(ms);
      if (attempt > 1 && againWhen !== undefined) await written(againWhen);
      await this.maria.transaction(async (manager) => {
        await manager.query('INSERT INTO bookings (execution_id) VALUES (?)', [executionId]);
        if (attempt === 1 && freezes > 0) await frozenWith(freezes);
        try {
          await context.complete(manager, { attempt, pid: process.pid });
        } catch (error) {
          logger.info('complete refused', { error });
          throw error;
        }
      });
    } finally {
      note('ended', executionId);
    }
  }
}

/** Writes a row in the transaction that ends its execution, and is frozen before that commits. */
@Task({ code: 'book_slowly', maxCrashes: 1_000 })
@Retry(retries)
@Tracked()
class BookSlowly {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  async run({ freezes = 0 }: Booked, context: RunContext): Promise<void> {
    const { executionId, attempt } = context;
    await this.maria.transaction(async (manager) => {
      await manager.query('INSERT INTO bookings (execution_id) VALUES (?)', [executionId]);
      await context.complete(manager, { attempt, pid: process.pid });
      note('started', executionId);
      if (freezes > 0) await frozenWith(freezes);
      note('ended', executionId);
    });
  }
}

/** Works for a moment, and tells in which attempt. */
@Task({ code: 'labour', maxCrashes: 1_000 })
@Retry(retries)
@Tracked()
class Labour {
  async run(
    { ms = 0, failures = 0 }: Booked,
    { executionId, attempt }: RunContext,
  ): Promise<unknown> {
    note('started', executionId);
    try {
      if (attempt <= failures) throw new Error(`attempt ${attempt} is to fail`);
      await work(ms);
      return { attempt, pid: process.pid };
    } finally {
      note('ended', executionId);
    }
  }
}

/** What a schedule asks for: its time and its execution stand in the log of side effects, and in a row. */
@Task({ code: 'tick', maxCrashes: 1_000 })
@Retry(retries)
@Tracked()
class Tick {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  async run(
    { schedule, ms }: { schedule: string; ms: number },
    context: RunContext,
  ): Promise<void> {
    const { executionId, scheduledFor } = context;
    const tick = `${schedule}/${scheduledFor?.getTime()}/${executionId}`;
    note('started', tick);
    try {
      await work(ms);
      await this.maria.transaction(async (manager) => {
        await manager.query('INSERT INTO bookings (execution_id) VALUES (?)', [executionId]);
        await context.complete(manager);
      });
    } finally {
      note('ended', tick);
    }
  }
}

export default definePlugin({
  name: 'tracked-faults',
  version: '1.0.0',
  tasks: [Book, BookSlowly, Labour, Tick],
});
