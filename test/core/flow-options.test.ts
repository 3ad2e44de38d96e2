import type { z } from 'zod';
import { createConfigSchema } from '../../src/core/config/config-schema.js';
import { loadConfig } from '../../src/core/config/load-config.js';
import { laneOf, lanesOf, queueOfLane } from '../../src/core/dispatch/lanes.js';
import { problemsOf, type SkepError } from '../../src/core/errors/skep-error.js';
import type { TaskOptions } from '../../src/core/tasks/declaration.js';
import {
  type RateLimit,
  rateLimitSchema,
  rateOf,
  uniqueRule,
} from '../../src/core/tasks/flow-options.js';
import type { TaskOverride } from '../../src/core/tasks/option-schemas.js';
import { TaskRegistry } from '../../src/core/tasks/registry.js';
import type { TaskRecord } from '../../src/core/tasks/task-record.js';
import { Task, TimeLimit } from '../../src/index.js';
import { tempFolder } from '../support/temp-folder.js';

function built(options: object, override: TaskOverride = {}, decorate = (_: never) => {}) {
  class Flow {
    run(): void {}
  }
  // Wrong values come from code without types.
  Task({ code: 'flow', ...options } as TaskOptions)(Flow);
  decorate(Flow as never);
  return TaskRegistry.build([{ plugin: 'p', tasks: [Flow] }], { flow: override });
}

function recordOf(...parameters: Parameters<typeof built>): TaskRecord {
  const { registry, problems } = built(...parameters);
  expect(problems).toEqual([]);
  return registry.get('flow');
}

describe('what a task says', () => {
  test('nothing: no limits', () => {
    expect(recordOf({})).toMatchObject({
      flow: undefined,
      unique: undefined,
      priority: 'normal',
      expiresMs: undefined,
      isolated: false,
    });
  });

  test('is in its record, in plain numbers', () => {
    const key = (): string => 'k';
    const unique = { key, for: '1h', onDuplicate: 'reject' };
    const options = {
      concurrency: 3,
      rateLimit: '100/1m',
      priority: 'high',
      expires: '10m',
      unique,
    };
    expect(recordOf(options)).toMatchObject({
      flow: { task: 'flow', concurrency: 3, rate: { count: 100, windowMs: 60_000 } },
      unique: { key, forMs: 3_600_000, onDuplicate: 'reject' },
      priority: 'high',
      expiresMs: 600_000,
    });
  });

  test('one limit alone leaves the other open', () => {
    expect(recordOf({ concurrency: 1 }).flow).toMatchObject({ concurrency: 1, rate: undefined });
    expect(recordOf({ rateLimit: '5/1s' }).flow).toMatchObject({
      concurrency: undefined,
      rate: { count: 5, windowMs: 1_000 },
    });
  });

  test('unique: true means the payload, until it is final, and the id of the one before', () => {
    const rule = { key: undefined, forMs: undefined, onDuplicate: 'return' };
    expect(recordOf({ unique: true }).unique).toEqual(rule);
    expect(uniqueRule({})).toEqual(rule);
  });

  test('a task with a hard limit is isolated whatever is said of it', () => {
    expect(recordOf({ isolate: true }).isolated).toBe(true);
    const limited = recordOf({}, { isolate: false }, TimeLimit({ hard: '1m' }));
    expect(limited.isolated).toBe(true);
  });

  test.each([
    [{ concurrency: 0 }, /concurrency: .*1/],
    [{ concurrency: 1.5 }, /concurrency: /],
    [{ concurrency: '3' }, /concurrency: .*number/],
    [{ rateLimit: '100/min' }, /rateLimit: expected a rate such as "100\/1m"/],
    [{ rateLimit: '100/1min' }, /rateLimit: expected a rate/],
    [{ rateLimit: 100 }, /rateLimit: .*string/],
    [{ priority: 'urgent' }, /priority: .*"high".*"normal".*"low"/],
    [{ expires: '5 minutes' }, /expires: expected a duration/],
    [{ isolate: 'yes' }, /isolate: .*boolean/],
    [{ unique: false }, /unique: expected true, or an object with key, for or onDuplicate/],
    [{ unique: { key: 'id' } }, /unique\.key: expected a function/],
    [{ unique: { for: 'a day' } }, /unique\.for: expected a duration/],
    [{ unique: { fo: '1m' } }, /unknown key "fo". Did you mean "for"\?/],
    [{ unique: { onDuplicate: 'throw' } }, /unique\.onDuplicate: .*"return".*"reject"/],
    [{ ratelimit: '1/1s' }, /unknown key "ratelimit". Did you mean "rateLimit"\?/],
  ])('wrongly, is a mistake that says what is right: %j', (options, message) => {
    const { problems } = built(options);
    expect(problems).toMatchObject([
      { code: 'SKEP_TASK_INVALID', place: '@Task on class Flow of plugin p' },
    ]);
    expect(problems[0]?.message).toMatch(message);
  });

  test('every mistake of a class is told at once', () => {
    const { problems } = built({ concurrency: 0, rateLimit: '1/x', priority: 1, unique: { k: 1 } });
    expect(problems).toHaveLength(4);
  });
});

describe('rates', () => {
  test.each([
    ['1/1ms', 1, 1],
    ['5/1s', 5, 1_000],
    ['100/1.5m', 100, 90_000],
    ['999999999/24d', 999_999_999, 2_073_600_000],
  ] as const)('%s', (text, count, windowMs) => {
    expect(rateOf(rateLimitSchema.parse(text))).toEqual({ count, windowMs });
  });

  test.each([
    '0/1s',
    '-1/1s',
    '1.5/1s',
    '1/0s',
    '1/0.1ms',
    '1/',
    '/1s',
    '1',
    '1/1s/1s',
    ' 1/1s',
    '1e3/1s',
    '9999999999/1s',
  ])('%j is none', (text) => {
    expect(rateLimitSchema.safeParse(text).success).toBe(false);
    expect(() => rateOf(text as RateLimit)).toThrow(RangeError);
  });
});

describe('plugins.json', () => {
  const schema = createConfigSchema({});

  function load(tasks: object): z.output<typeof schema> {
    using folder = tempFolder();
    folder.write('plugins.json', JSON.stringify({ plugins: [], tasks }));
    return loadConfig({ file: 'plugins.json', schema, variables: {}, cwd: folder.path }).config;
  }

  function mistakes(tasks: object): readonly SkepError[] {
    try {
      load(tasks);
    } catch (error) {
      return problemsOf(error);
    }
    return [];
  }

  test('replaces what the task says, word by word', () => {
    const options = { concurrency: 3, rateLimit: '100/1m', priority: 'high', expires: '10m' };
    const override = {
      rateLimit: '5/1s',
      priority: 'low',
      expires: '1h',
      isolate: true,
    };
    const { tasks } = load({ flow: override });
    expect(recordOf(options, tasks.flow)).toMatchObject({
      flow: { concurrency: 3, rate: { count: 5, windowMs: 1_000 } },
      priority: 'low',
      expiresMs: 3_600_000,
      isolated: true,
    });
    expect(recordOf({}, load({ flow: { concurrency: 2 } }).tasks.flow).flow).toMatchObject({
      concurrency: 2,
      rate: undefined,
    });
  });

  test('every wrong value is told at once, each with its place', () => {
    const found = mistakes({
      a: { concurrency: 0, rateLimit: '100/min', priority: 'urgent' },
      b: { expires: 'soon', isolate: 1, unique: true },
    });
    expect(
      found.map(({ message, place }) => [place?.replace(/^.*\((.*)\)$/, '$1'), message]),
    ).toEqual([
      ['tasks.a.concurrency', expect.stringContaining('tasks.a.concurrency: ')],
      ['tasks.a.rateLimit', 'tasks.a.rateLimit: expected a rate such as "100/1m" or "5/1s"'],
      ['tasks.a.priority', expect.stringContaining('"high"')],
      ['tasks.b.expires', expect.stringContaining('expected a duration')],
      ['tasks.b.isolate', expect.stringContaining('boolean')],
      ['tasks.b.unique', expect.stringContaining('unknown key "unique"')],
    ]);
    for (const { place } of found) expect(place).toMatch(/^plugins\.json:\d+:\d+ /);
  });
});

describe('lanes', () => {
  test('are claimed from in the order of priority', () => {
    expect(lanesOf('mail')).toEqual(['mail:high', 'mail', 'mail:low']);
  });

  test.each(['high', 'normal', 'low'] as const)(
    'the lane of %s leads back to its queue',
    (each) => {
      expect(lanesOf('mail')).toContain(laneOf('mail', each));
      expect(queueOfLane(laneOf('mail', each))).toBe('mail');
    },
  );
});
