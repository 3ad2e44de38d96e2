import { EventEmitter } from 'node:events';
import { z } from 'zod';
import type { TaskOverride } from '../../src/core/tasks/option-schemas.js';
import { TaskRegistry } from '../../src/core/tasks/registry.js';
import {
  inject,
  Retry,
  RunContext,
  Task,
  type TaskClass,
  TimeLimit,
  Tracked,
} from '../../src/index.js';

const build = (tasks: TaskClass[], overrides: Record<string, TaskOverride> = {}) =>
  TaskRegistry.build([{ plugin: 'demo', tasks }], overrides);
const messages = (...tasks: TaskClass[]) => build(tasks).problems.map(({ message }) => message);

describe('task records', () => {
  test('the order of decorators is free, and their words become one record', () => {
    @Tracked()
    @TimeLimit({ soft: '5m', hard: '6m' })
    @Task({ code: 'one', payload: z.string(), queue: 'slow', description: 'does one thing' })
    @Retry({ maxRetries: 2 })
    class One {
      run(_payload: string): void {}
    }
    const { registry, problems } = build([One]);
    expect(problems).toEqual([]);
    expect(registry.get('one')).toBe(registry.get(One));
    expect(registry.get(One)).toMatchObject({
      code: 'one',
      plugin: 'demo',
      queue: 'slow',
      softLimitMs: 300_000,
      hardLimitMs: 360_000,
      maxCrashes: 3,
      tracked: {},
      retry: { maxRetries: 2, jitter: 'full' },
    });
    expect(Object.isFrozen(registry.get(One))).toBe(true);
  });

  test('contradictions of all classes are reported together', () => {
    @Task({ code: 'limits' })
    @TimeLimit({ soft: '6m', hard: '5m' })
    class Limits {
      run(): void {}
    }
    @Task({ code: 'negative' })
    @Retry({ maxRetries: -1, on: [] })
    class Negative {
      run(): void {}
    }
    @Task({ code: 'Odd Code', que: 'x' } as never)
    class Unknown {
      run(): void {}
    }
    class Bare {
      run(): void {}
    }
    @Task({ code: 'twice' })
    @Task({ code: 'twice_again' })
    class Twice {
      run(): void {}
    }
    expect(messages(Limits, Negative, Unknown, Bare, Twice)).toEqual([
      'the soft time limit (6m) is not below the hard one (5m)',
      'maxRetries: expected 0 or more',
      expect.stringContaining('on: expected at least one error class'),
      expect.stringContaining('code: expected lower-case letters'),
      'unknown key "que". Did you mean "queue"?',
      'the class has no @Task decorator',
      '@Task stands on the class twice',
    ]);
  });

  test('a constructor parameter without a token names class and place', () => {
    @Task({ code: 'needy' })
    class Needy {
      constructor(
        @inject(RunContext) readonly context: RunContext,
        readonly other: RunContext,
      ) {}
      run(): void {}
    }
    const [problem] = build([Needy]).problems;
    expect(problem).toMatchObject({
      code: 'SKEP_TASK_INVALID',
      message: 'constructor parameter 2 (other) has no token; write @inject(…) before it',
      place: 'class Needy of plugin demo',
    });
  });

  test('an inherited constructor is found at boot, one of its own that calls super is not', () => {
    class Base {
      constructor(@inject(RunContext) readonly context: RunContext) {}
      run(): void {}
    }
    @Task({ code: 'heir' })
    class Heir extends Base {}
    @Task({ code: 'careful_heir' })
    class CarefulHeir extends Base {
      constructor(@inject(RunContext) context: RunContext) {
        super(context);
      }
    }
    expect(messages(Heir)).toEqual([expect.stringContaining('inherits a constructor')]);
    expect(messages(CarefulHeir)).toEqual([]);
  });

  test('a class without run() is found at boot', () => {
    class Idle {}
    Task({ code: 'idle' })(Idle as never);
    expect(messages(Idle as never)).toEqual(['the class has no method run()']);
  });

  test('a dispatch of a class without @Task says what is missing, which the compiler cannot see', () => {
    class Bare {
      run(): void {}
    }
    @Task({ code: 'elsewhere' })
    class Elsewhere {
      run(): void {}
    }
    const { registry } = build([]);
    expect(() => registry.get(Bare)).toThrow('the class Bare has no @Task decorator');
    expect(() => registry.get(Elsewhere)).toThrow('is not a task of an enabled plugin');
  });

  test('two classes with one code are named both', () => {
    @Task({ code: 'same' })
    class First {
      run(): void {}
    }
    @Task({ code: 'same' })
    class Second {
      run(): void {}
    }
    expect(build([First, Second]).problems).toMatchObject([
      { code: 'SKEP_TASK_DUPLICATE', message: expect.stringMatching(/First.*Second/) },
    ]);
  });

  test('plugins.json replaces words of the decorators, and the whole is checked again', () => {
    @Task({ code: 'tuned' })
    @Retry({ maxRetries: 1, delay: '1s', jitter: 'none' })
    @TimeLimit({ soft: '1m', hard: '2m' })
    class Tuned {
      run(): void {}
    }
    const tuned = build([Tuned], { tuned: { queue: 'other', retry: { maxRetries: 4 } } });
    expect(tuned.registry.get('tuned')).toMatchObject({ queue: 'other', retry: { maxRetries: 4 } });
    expect(tuned.registry.get('tuned').retry?.baseDelayMs(0)).toBe(1_000);
    const broken = build([Tuned], { tuned: { timeLimit: { hard: '30s' } } });
    expect(broken.problems).toMatchObject([
      {
        message: expect.stringContaining('not below'),
        place: expect.stringMatching(/^tasks\.tuned\.timeLimit in plugins\.json/),
      },
    ]);
    const off = build([Tuned], { tuned: { enabled: false } });
    expect(() => off.registry.get('tuned')).toThrow(/there is no task/);
  });

  test('waits that contradict each other are found, a long delay stands as declared', () => {
    @Task({ code: 'short' })
    @Retry({ maxRetries: 1, delay: '2h', maxDelay: '1h' })
    class Short {
      run(): void {}
    }
    @Task({ code: 'long' })
    @Retry({ maxRetries: 1, delay: '2h' })
    class Long {
      run(): void {}
    }
    expect(messages(Short)).toEqual(['the delay (2h) is longer than maxDelay (1h)']);
    expect(build([Long]).registry.get('long').retry?.baseDelayMs(0)).toBe(7_200_000);
    const overridden = build([Long], { long: { retry: { maxDelay: '1m' } } });
    expect(overridden.problems).toHaveLength(1);
    @Task({ code: 'plain' })
    class Plain extends EventEmitter {
      run(): void {}
    }
    expect(build([Plain], { plain: { retry: { delay: '1s' } } }).problems).toMatchObject([
      { message: 'maxRetries is missing' },
    ]);
  });

  test('what has a hard limit is isolated, whatever else is said', () => {
    @Task({ code: 'plain' })
    class Plain {
      run(): void {}
    }
    @Task({ code: 'apart', isolate: true })
    class Apart {
      run(): void {}
    }
    @Task({ code: 'hard', isolate: false })
    @TimeLimit({ hard: '1m' })
    class Hard {
      run(): void {}
    }
    const isolated = (overrides = {}) =>
      build([Plain, Apart, Hard], overrides).registry.all.map(({ isolated }) => isolated);
    expect(isolated()).toEqual([false, true, true]);
    expect(isolated({ plain: { timeLimit: { hard: '1m' } }, apart: { isolate: false } })).toEqual([
      true,
      false,
      true,
    ]);
  });

  test('a misspelt code gets the nearest one', () => {
    @Task({ code: 'sync_attendance' })
    class Sync {
      run(): void {}
    }
    expect(() => build([Sync]).registry.get('sync_attendence')).toThrow(
      'there is no task "sync_attendence". Did you mean "sync_attendance"?',
    );
  });
});
