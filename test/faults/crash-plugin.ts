// The tasks of the proof of crash points, one for each kind in its table, and the table in Maria that their effects go to.
import { once } from 'node:events';
import type { EntityManager, MigrationInterface, QueryRunner } from 'typeorm';
import {
  Dispatcher,
  definePlugin,
  inject,
  Maria,
  migrations,
  Retry,
  type RunContext,
  type ScopedDataSource,
  Task,
  Tracked,
} from '../../src/index.js';
import { aWhile, victim } from './crash-victim.js';
import { sideEffectsTo } from './side-effects.js';

const log = process.env.SKEP_FAULT_LOG;
const note = log === undefined ? () => {} : sideEffectsTo(log);

/** Writes down that the code of an attempt goes on, whatever becomes of it. */
async function inRun<T>({ executionId, attempt }: RunContext, work: () => Promise<T>): Promise<T> {
  victim.log('began', executionId, attempt);
  note('started', executionId);
  try {
    return await work();
  } finally {
    note('ended', executionId);
  }
}

async function writeEffect(
  manager: EntityManager,
  { executionId, attempt }: RunContext,
  child: string | null,
): Promise<void> {
  const step = victim.isOwn(executionId) ? 'effect' : undefined;
  await victim.around(step, () =>
    manager.query('INSERT INTO crash_effect (execution_id, attempt, child) VALUES (?, ?, ?)', [
      executionId,
      attempt,
      child,
    ]),
  );
}

@Task({ code: 'plain' })
@Tracked()
class Plain {
  async run(_: unknown, context: RunContext): Promise<void> {
    const step = victim.isOwn(context.executionId) ? 'work' : undefined;
    await inRun(context, () => victim.around(step, async () => {}));
  }
}

@Task({ code: 'retried' })
@Retry({ maxRetries: 1, delay: '50ms', backoff: 'fixed', jitter: 'none' })
@Tracked()
class Retried {
  async run(_: unknown, context: RunContext): Promise<void> {
    const { executionId, attempt } = context;
    const step = attempt === 1 ? 'work' : 'work-again';
    await inRun(context, () =>
      victim.around(victim.isOwn(executionId) ? step : undefined, async () => {
        if (victim.hasFailed(executionId)) return;
        victim.log('failed', executionId);
        throw new Error('fails once');
      }),
    );
  }
}

@Task({ code: 'completed' })
@Tracked()
class Completed {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  run(_: unknown, context: RunContext): Promise<void> {
    return inRun(context, async () => {
      const step = victim.isOwn(context.executionId) ? 'commit' : undefined;
      await this.maria.transaction(async (manager) => {
        await writeEffect(manager, context, null);
        await context.complete(manager, { attempt: context.attempt });
        victim.pass(step, 'before');
      });
      victim.pass(step, 'after');
    });
  }
}

@Task({ code: 'dispatching' })
@Tracked()
class Dispatching {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(Dispatcher) private readonly dispatcher: Dispatcher,
  ) {}

  run(_: unknown, context: RunContext): Promise<void> {
    return inRun(context, async () => {
      const step = victim.isOwn(context.executionId) ? 'commit' : undefined;
      await this.maria.transaction(async (manager) => {
        const delay = victim.point?.step === 'relay-mark' ? aWhile : '0ms';
        const { id } = await this.dispatcher.within(manager).dispatch('child', null, { delay });
        await writeEffect(manager, context, id);
        victim.pass(step, 'before');
      });
      victim.pass(step, 'after');
    });
  }
}

/** Not tracked by itself: it is, because it is dispatched in a transaction. */
@Task({ code: 'child' })
class Child {
  run(_: unknown, context: RunContext): Promise<void> {
    return inRun(context, async () => {});
  }
}

/** In the process that is to die, goes on until its runtime stops. */
@Task({ code: 'returned' })
@Tracked()
class Returned {
  run(_: unknown, context: RunContext): Promise<void> {
    return inRun(context, async () => {
      if (!victim.isOwn(context.executionId)) return;
      victim.pass('work', 'before');
      process.kill(process.pid, 'SIGTERM');
      await once(context.signal, 'abort');
      throw context.signal.reason;
    });
  }
}

/** One at a time. */
@Task({ code: 'duplicate', unique: true })
@Tracked()
class Duplicate {
  run(_: unknown, context: RunContext): Promise<void> {
    return inRun(context, async () => {});
  }
}

class CreateEffects1767000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE TABLE crash_effect (execution_id VARCHAR(64) NOT NULL, attempt INT NOT NULL, child VARCHAR(64) NULL)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE crash_effect');
  }
}

export default definePlugin({
  name: 'crash-points',
  version: '1.0.0',
  tasks: [Plain, Retried, Completed, Dispatching, Child, Returned, Duplicate],
  contributes: [migrations([CreateEffects1767000000000])],
});
