import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type RunFields, withRunFields } from '../../src/core/log/run-fields.js';
import type { RunningExecution } from '../../src/core/ports/control.js';
import { LoopWatch } from '../../src/core/run/loop-watch/loop-watch.js';
import { type LogLine, rememberingLogger } from '../support/harness.js';
import { quick } from '../support/quick.js';
import { until } from '../support/until.js';

const thresholdMs = 150;
const fields = {
  executionId: 'e-1',
  task: 'busy_task',
  attempt: 2,
  worker: 'w',
  jobId: 'j-1',
};
const running: RunningExecution[] = [
  { executionId: 'e-1', task: 'busy_task', attempt: 2, startedAt: 1 },
];

/** How often the watching thread has looked at what this one does. */
let looks = 0;
let onLook: () => void = () => undefined;

/** Has looks counted; to be called after each start of a watch. */
function noticeLooks(): void {
  const probe = Symbol.for('skep.loop-watch');
  const answer: () => unknown = Reflect.get(globalThis, probe);
  onLook = () => undefined;
  const value = (): unknown => {
    looks += 1;
    onLook();
    return answer();
  };
  Object.defineProperty(globalThis, probe, { value, configurable: true });
}

const ofRun =
  (executionId: string) =>
  ({ fields: told }: LogLine): boolean =>
    told.executionId === executionId;

const runsOf = (lines: readonly LogLine[]): unknown[] =>
  lines.flatMap(({ fields: { executionId } }) => executionId ?? []);

let blocks = 0;

/**
 * Has the loop blocked, again if need be, until that is told with what it was at. A machine that stands still may hold up
 * the watching thread too: that does not count such a time, and gives up a look that takes too long. It may also hold up
 * this thread alone, which is told, and rightly so.
 * @param blocking blocks the loop; the run that it is given is its own.
 */
async function toldOf(
  lines: readonly LogLine[],
  blocking: (run: RunFields) => unknown,
  fits?: (line: LogLine) => boolean,
): Promise<LogLine> {
  let passedOver = 0;
  for (const end = performance.now() + 50_000; performance.now() < end; ) {
    const run = { ...fields, executionId: `e-${++blocks}` };
    const before = { looks, lines: lines.length };
    await blocking(run);
    const find = (): LogLine | undefined => lines.find(fits ?? ofRun(run.executionId));
    await until(() => find() !== undefined, 2_000).catch(() => undefined);
    const line = find();
    if (line) return line;
    // That the watching thread is held up between its look and its word may happen, but not time and again.
    if (looks > before.looks && lines.length === before.lines) passedOver += 1;
    if (passedOver > 1) throw new Error('looked at, and not told');
  }
  throw new Error('blocked in vain');
}

async function watched() {
  const { logger, lines } = rememberingLogger();
  const watch = new LoopWatch({ logger, thresholdMs, running: () => running });
  await watch.start();
  noticeLooks();
  return {
    lines,
    toldOf: (...how: Tail<Parameters<typeof toldOf>>) => toldOf(lines, ...how),
    [Symbol.asyncDispose]: () => watch.stop(),
  };
}

type Tail<List extends readonly unknown[]> = List extends readonly [unknown, ...infer Rest]
  ? Rest
  : never;

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** Does again and again what blocks the loop, until the watching thread has looked, or it takes too long. */
function untilLookedAt(step: () => void): void {
  const before = looks;
  for (const end = performance.now() + 3_000; looks === before && performance.now() < end; ) step();
}

/** Blocks the loop for so long at least. @returns for how long. */
function block(ms: number): number {
  const began = performance.now();
  untilLookedAt(() => spin(thresholdMs / 10));
  spin(began + ms - performance.now());
  return performance.now() - began;
}

/** Bounded by the count: nothing but arithmetic stands in the loop. */
function loopWithoutCalls(enough: { reached: boolean }): void {
  let rounds = 0;
  while (!enough.reached) enough.reached = ++rounds === 5e8;
}

function waitInNativeCode(ms: number): void {
  execFileSync('sleep', [String(ms / 1_000)]);
}

describe('a blocked event loop', () => {
  test('is told with the run whose code blocked it, and where', async () => {
    const began = performance.now();
    await using it = await watched();
    // What is missed of a block, milliseconds: nearly nothing, unless the machine holds up the watching thread too.
    await quick(thresholdMs, async () => {
      let blockMs = 0;
      const blocking = (run: RunFields): Promise<void> =>
        withRunFields(run, async () => {
          await Promise.resolve();
          blockMs = block(3 * thresholdMs);
        });
      const {
        level,
        message,
        fields: told,
      } = await withRunFields({ ...fields, executionId: 'beside' }, () => it.toldOf(blocking));
      expect({ level, message }).toEqual({ level: 'warn', message: 'the event loop was blocked' });
      expect(told).toMatchObject({
        ...fields,
        executionId: `e-${blocks}`,
        at: expect.stringContaining('loop-watch.test.ts'),
      });
      expect(told.stack).toEqual(expect.arrayContaining([told.at]));
      // What the look itself takes counts too, and what a busy machine adds.
      expect(told.blockedMs).toBeLessThanOrEqual(Math.ceil(performance.now() - began));
      expect(told).not.toHaveProperty('running');
      return blockMs - Number(told.blockedMs);
    });
  });

  test('is told when a loop makes no calls', async () => {
    await using it = await watched();
    const enough = { reached: false };
    let wasInLoop = false;
    onLook = () => {
      wasInLoop ||= !enough.reached;
    };
    await it.toldOf((run) =>
      withRunFields(run, () =>
        untilLookedAt(() => {
          enough.reached = false;
          loopWithoutCalls(enough);
        }),
      ),
    );
    expect(wasInLoop).toBe(true);
  });

  test('in native code, the run is known when that returns', async () => {
    await using it = await watched();
    const { fields: told } = await it.toldOf((run) =>
      withRunFields(run, () => untilLookedAt(() => waitInNativeCode(3 * thresholdMs))),
    );
    expect(told).toMatchObject({ task: 'busy_task' });
    expect(String(told.at)).toContain('loop-watch.test.ts');
  });

  test('outside of runs, the place is told and nobody is blamed', async () => {
    await using it = await watched();
    const { fields: told } = await it.toldOf(
      () => block(3 * thresholdMs),
      ({ fields: { stack } }) => String(stack).includes('untilLookedAt'),
    );
    expect(told).toMatchObject({ at: expect.stringContaining('loop-watch.test.ts') });
    expect(told).not.toHaveProperty('task');
    expect(told).not.toHaveProperty('running');
  });

  test('each block is told once, and the code goes on as if nothing had been', async () => {
    await using it = await watched();
    const told: unknown[] = [];
    let sum = 0;
    for (let each = 1; each <= 3; each++) {
      const line = await it.toldOf((run) => withRunFields(run, () => block(2 * thresholdMs)));
      sum += each;
      told.push(line.fields.executionId);
    }
    expect(sum).toBe(6);
    expect(new Set(told).size).toBe(3);
    const all = runsOf(it.lines);
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((each) => told.includes(each))).toEqual(told);
  });

  test('a loop that turns is not told, however busy it is', async () => {
    let longestTurn = 0;
    let turnedAt = performance.now();
    const turned = (): void => {
      const now = performance.now();
      longestTurn = Math.max(longestTurn, now - turnedAt);
      turnedAt = now;
    };
    const turning = setInterval(turned, 5).unref();
    await using it = await watched();
    const end = performance.now() + 4 * thresholdMs;
    while (performance.now() < end) {
      spin(thresholdMs / 10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const blockedAt: number[] = [];
    await it.toldOf((run) => {
      turned();
      blockedAt.push(turnedAt);
      withRunFields(run, () => block(2 * thresholdMs));
      turnedAt = performance.now();
    });
    turned();
    clearInterval(turning);
    // A machine that is busy itself may have held the loop up; that is told, and rightly so.
    if (longestTurn > thresholdMs / 2 || blockedAt.length > 1) return;
    // The one line is that of the one block, which began after all the work before it.
    expect(it.lines).toHaveLength(1);
    const sinceMs = turnedAt - Number(blockedAt[0]);
    expect(it.lines[0]?.fields.blockedMs).toBeLessThan(sinceMs + 2 * thresholdMs);
  });
});

describe('start and stop', () => {
  test('are safe twice and in any order', async () => {
    const { logger, lines } = rememberingLogger();
    const watch = new LoopWatch({ logger, thresholdMs, running: () => running });
    await watch.stop();
    await Promise.all([watch.start(), watch.start()]);
    await Promise.all([watch.stop(), watch.stop()]);
    withRunFields({ ...fields, executionId: 'unwatched' }, () => spin(2 * thresholdMs));
    await watch.start();
    noticeLooks();
    await toldOf(lines, (run) => withRunFields(run, () => block(2 * thresholdMs)));
    await watch.stop();
    const all = runsOf(lines);
    expect(all).not.toContain('unwatched');
    expect(new Set(all).size).toBe(all.length);
  });
});

/** A process of its own that watches itself, from the build: compiling the sources would take longest here. */
const program = (code: string, urgentMs = 400): string => `
  const { LoopWatch } = await import(${JSON.stringify(module('loop-watch/loop-watch'))});
  const { withRunFields } = await import(${JSON.stringify(module('../log/run-fields'))});
  let isTold = false;
  const line = (message, told) => {
    console.log(JSON.stringify({ message, ...told }));
    isTold = true;
  };
  const logger = { warn: line, error: line, info: line, debug: line };
  const running = () => [{ executionId: 'e-1', task: 'busy_task', attempt: 2, startedAt: 1 }];
  const watch = new LoopWatch({ logger, running, thresholdMs: 150, urgentMs: ${urgentMs} });
  await watch.start();
  ${code}`;
const module = (name: string): string =>
  new URL(`../../dist/core/run/${name}.js`, import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));
const nodeFlags = ['--input-type=module'];
/** In native code that cannot be looked into, until the other end of stdin is closed. */
const native = `
  const { execFileSync } = await import('node:child_process');
  execFileSync('cat', { stdio: ['inherit', 'pipe', 'inherit'] });`;

describe('a process', () => {
  test.each([
    // Urgent so late that the look has come, though the machine may hold up the thread that is looked at.
    ['a loop', 'while (true);', 5_000, { ...fields, stack: expect.any(Array) }],
    ['native code', native, 400, { running: [{ executionId: 'e-1', task: 'busy_task' }] }],
  ])('whose loop never turns again says so: %s', async (_, code, urgentMs, told) => {
    const blocking = `withRunFields(${JSON.stringify(fields)}, async () => { ${code} });`;
    const flags = [...nodeFlags, '--eval', program(blocking, urgentMs)];
    const child = spawn(process.execPath, flags, {
      cwd: root,
      stdio: ['pipe', 'ignore', 'pipe'],
      // It ends by force alone, in a test that fails too.
      timeout: 25_000,
      killSignal: 'SIGKILL',
    });
    try {
      for await (const line of createInterface(child.stderr)) {
        if (!line.startsWith('{')) continue;
        expect(JSON.parse(line)).toMatchObject({
          timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
          level: 'error',
          message: 'the event loop is blocked',
          ...told,
        });
        return;
      }
      throw new Error('the process ended without a word');
    } finally {
      child.kill('SIGKILL');
      child.stdin.destroy();
    }
  });

  test('that a person may be debugging is not paused; the runs that were going on are named', () => {
    const loop = 'for (const end = Date.now() + 400; Date.now() < end; );';
    const block = `withRunFields(${JSON.stringify(fields)}, () => { ${loop} });`;
    const turn = 'await new Promise(setImmediate);';
    // Again where the machine stood still meanwhile, and the watching thread with it.
    const code = `while (!isTold) { ${block} ${turn} }`;
    const told = output(['--inspect=127.0.0.1:0'], code);
    expect(told).not.toEqual([]);
    for (const line of told) {
      expect(line).toMatchObject({
        message: 'the event loop was blocked',
        running: [{ task: 'busy_task' }],
      });
      expect(line).not.toHaveProperty('stack');
    }
  });

  test('is not kept alive', () => {
    expect(output([], 'console.log("{}")')).toEqual([{}]);
  });
});

/** What a program writes by itself until it has ended. */
function output(flags: string[], code: string): unknown[] {
  const options = { cwd: root, encoding: 'utf8', timeout: 25_000, stdio: 'pipe' } as const;
  const args = [...flags, ...nodeFlags, '--eval', program(code)];
  const text = execFileSync(process.execPath, args, options);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
