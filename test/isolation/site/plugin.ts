// Tasks that behave in every way that a thread must stand: the plugin of the suites in this folder.
import { appendFileSync } from 'node:fs';
import { isMainThread, threadId } from 'node:worker_threads';
import {
  Dispatcher,
  definePlugin,
  inject,
  injectable,
  type JsonValue,
  Maria,
  Retry,
  type RunContext,
  type ScopedDataSource,
  SoftTimeLimitExceeded,
  Task,
  TimeLimit,
} from 'skep';

/** One for the thread: made by register(), started and closed with the plugins. */
class Service {
  uses = 0;
  started = false;
}

let copies = 0;

@Task({ code: 'where', isolate: true })
class Where {
  constructor(@inject(Service) private readonly service: Service) {}

  run(): JsonValue {
    const { service } = this;
    service.uses += 1;
    return { isMainThread, threadId, uses: service.uses, started: service.started, copies };
  }
}

const made = { run: 0, process: 0 };

@injectable()
class OfRun {
  readonly number = ++made.run;
}

@injectable({ lifetime: 'process' })
class OfProcess {
  readonly number = ++made.process;
}

@Task({ code: 'lifetimes', isolate: true })
class Lifetimes {
  constructor(
    @inject(OfRun) private readonly ofRun: OfRun,
    @inject(OfRun) private readonly sameRun: OfRun,
    @inject(OfProcess) private readonly ofProcess: OfProcess,
  ) {}

  run(): JsonValue {
    const { ofRun, sameRun, ofProcess } = this;
    return { isShared: ofRun === sameRun, run: ofRun.number, process: ofProcess.number };
  }
}

/** Tells that it has begun, then goes on in the way it is told. */
abstract class Stubborn {
  async run(way: string, context: RunContext): Promise<void> {
    context.progress(0.5, 'at it');
    if (way === 'never') await new Promise(() => undefined);
    if (way === 'exit') process.exit(7);
    if (way === 'grow') grow();
    for (;;);
  }
}

@Task({ code: 'stubborn' })
@TimeLimit({ hard: '300ms' })
class HardLimited extends Stubborn {}

@Task({ code: 'unlimited', isolate: true })
class Unlimited extends Stubborn {}

@Task({ code: 'unlimited_retried', isolate: true })
@Retry({ maxRetries: 1, delay: '1s', jitter: 'none' })
class UnlimitedRetried extends Stubborn {}

function grow(): never {
  for (const kept: number[][] = []; ; ) kept.push(new Array(100_000).fill(kept.length));
}

@Task({ code: 'beats' })
@TimeLimit({ hard: '300ms' })
@Retry({ maxRetries: 1, delay: '1ms', jitter: 'none' })
class Beats {
  run(file: string, { attempt }: RunContext): void {
    for (;;) appendFileSync(file, `${attempt}\n`);
  }
}

/** Ends by the signal, which on a busy machine has aborted before the code begins. */
function untilAborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason)),
  );
}

@Task({ code: 'polite' })
@TimeLimit({ soft: '200ms', hard: '1m' })
class Polite {
  run(_: unknown, { signal }: RunContext): Promise<never> {
    return untilAborted(signal);
  }
}

@Task({ code: 'patient', isolate: true })
class Patient {
  run(_: unknown, context: RunContext): Promise<never> {
    context.progress(0.1, 'waiting');
    return untilAborted(context.signal);
  }
}

/** Awaits nothing of what it begins, in the way it is told. */
@Task({ code: 'forgets', isolate: true })
@Retry({ maxRetries: 3, delay: '1s', jitter: 'none' })
class Forgets {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(Dispatcher) private readonly dispatcher: Dispatcher,
  ) {}

  async run(way: string): Promise<string> {
    const { maria, dispatcher } = this;
    if (way === 'transactions') {
      [1, 2].forEach(async (id) => {
        await maria.transaction((manager) => manager.query('SELECT ?', [id]));
      });
    }
    if (way === 'dispatch') void dispatcher.dispatch('where', 'x'.repeat(2_000_000));
    if (way === 'failure') {
      const failed = new Promise<void>((resolve) => {
        void maria
          .use((manager) => manager.query('SELECT * FROM nowhere'))
          .finally(() => resolve());
      });
      await failed;
    }
    return 'done';
  }
}

class NoLuck extends Error {
  override readonly name = 'NoLuck';
}

/** Returns what JSON would lose, as a JavaScript task may: no compiler has seen it. */
@Task({ code: 'returns', isolate: true })
class Returns {
  run(kind: string): unknown {
    const of: Record<string, unknown> = {
      Map: new Map([[1, 2]]),
      Set: new Set([1]),
      NaN: Number.NaN,
      Date: new Date(0),
      plain: 1,
    };
    return { items: [of[kind]] };
  }
}

@Task({ code: 'unlucky', isolate: true })
@Retry({ maxRetries: 3, on: [NoLuck], delay: '7s', jitter: 'none' })
class Unlucky {
  run(_: unknown, { logger }: RunContext): never {
    logger.info('trying my luck', { password: 'hidden', odd: () => 1, big: 1n });
    throw new NoLuck('none', { cause: new SoftTimeLimitExceeded(1) });
  }
}

@Task({ code: 'strays', isolate: true })
class Strays {
  async run(): Promise<string> {
    void Promise.reject(new Error('nobody awaits me'));
    await new Promise<void>((resolve) => {
      process.once('uncaughtException', () => resolve());
      setImmediate(() => {
        throw new Error('nobody catches me');
      });
    });
    return 'still here';
  }
}

@Task({ code: 'dispatches', isolate: true })
class Dispatches {
  constructor(@inject(Dispatcher) private readonly dispatcher: Dispatcher) {}

  async run(): Promise<string> {
    return (await this.dispatcher.dispatch(Where)).id;
  }
}

@Task({ code: 'queries' })
@TimeLimit({ hard: '1s' })
class Queries {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  /** Waits for a query, or blocks the thread as soon as the query is on its way. */
  async run(blocks: boolean, context: RunContext): Promise<void> {
    await this.maria.use(async (manager) => {
      const [{ id }] = await manager.query('SELECT CONNECTION_ID() AS id');
      context.progress(0.5, String(id));
      const sleeping = manager.query('SELECT SLEEP(600)');
      if (!blocks) return await sleeping;
      await new Promise((resolve) => setTimeout(resolve, 50));
      context.progress(1, 'blocking');
      for (;;);
    });
  }
}

@Task({ code: 'soft_query', isolate: true })
@TimeLimit({ soft: '100ms' })
class SoftQuery {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  run(): Promise<unknown> {
    return this.maria.use((manager) => manager.query('SELECT SLEEP(600)'));
  }
}

@Task({ code: 'database', isolate: true })
class Database {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  run(): Promise<JsonValue> {
    return this.maria.use(async (manager) => {
      const [{ file }] = await manager.query('PRAGMA database_list');
      return { isMainThread, file };
    });
  }
}

const count = (steps: number): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${steps}) SELECT max(i) FROM n`;

@Task({ code: 'holds_lock' })
@TimeLimit({ hard: '1s' })
class HoldsLock {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}

  async run(way: string, context: RunContext): Promise<void> {
    await this.maria.transaction(async (manager) => {
      await manager.query('CREATE TABLE IF NOT EXISTS held (at INTEGER)');
      await manager.query('INSERT INTO held VALUES (1)');
      context.progress(0.5, 'holding');
      // Inside of SQLite for so many steps, however often it is asked to end.
      if (way === 'native') await manager.query(count(12_000_000));
      if (way === 'spin') for (;;);
      while (way === 'busy') await manager.query('INSERT INTO held VALUES (2)');
    });
  }
}

export default definePlugin({
  name: 'stubborn',
  version: '1.0.0',
  tasks: [
    Where,
    Lifetimes,
    HardLimited,
    Unlimited,
    UnlimitedRetried,
    Beats,
    Polite,
    Patient,
    Forgets,
    Returns,
    Unlucky,
    Strays,
    Dispatches,
    Queries,
    SoftQuery,
    Database,
    HoldsLock,
  ],
  register({ container, isThread }) {
    if (isThread !== !isMainThread) throw new Error('isThread is wrong');
    copies += 1;
    container.registerInstance(Service, new Service());
  },
  start({ container }) {
    container.resolve(Service).started = true;
  },
  close({ environment, isThread }) {
    const file = environment.CLOSED_FILE;
    if (file && isThread) appendFileSync(file, `${threadId}\n`);
  },
});
