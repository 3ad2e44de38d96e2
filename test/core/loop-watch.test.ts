import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { withRunFields } from '../../src/core/log/run-fields.js';
import type { RunningExecution } from '../../src/core/ports/control.js';
import { LoopWatch } from '../../src/core/run/loop-watch/loop-watch.js';
import { type LogLine, rememberingLogger } from '../support/harness.js';

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

/** What `find` gives once it gives something. */
async function until<T>(find: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + 25_000; Date.now() < end; ) {
    const found = find();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('waited for in vain');
}

async function watched() {
  const { logger, lines } = rememberingLogger();
  const watch = new LoopWatch({ logger, thresholdMs, running: () => running });
  await watch.start();
  return {
    watch,
    lines,
    nextLine: (): Promise<LogLine> => until(() => lines[0]),
    [Symbol.asyncDispose]: () => watch.stop(),
  };
}

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function waitInNativeCode(ms: number): void {
  execFileSync('sleep', [String(ms / 1_000)]);
}

describe('a blocked event loop', () => {
  test('is told with the run whose code blocked it, and where', async () => {
    const began = performance.now();
    await using it = await watched();
    const inRun = withRunFields(fields, async () => {
      await Promise.resolve();
      spin(3 * thresholdMs);
    });
    const beside = withRunFields({ ...fields, executionId: 'e-2' }, async () => it.nextLine());
    await inRun;
    const { level, message, fields: told } = await beside;
    expect({ level, message }).toEqual({ level: 'warn', message: 'the event loop was blocked' });
    expect(told).toMatchObject({
      ...fields,
      at: expect.stringContaining('loop-watch.test.ts'),
    });
    expect(told.stack).toEqual(expect.arrayContaining([told.at]));
    expect(told.blockedMs).toBeGreaterThanOrEqual(2 * thresholdMs);
    // What the look itself takes counts too, and what a busy machine adds.
    expect(told.blockedMs).toBeLessThanOrEqual(Math.ceil(performance.now() - began));
    expect(told).not.toHaveProperty('running');
  });

  test('is told when a loop makes no calls', async () => {
    await using it = await watched();
    await withRunFields(fields, async () => {
      let rounds = 0;
      const enough = { reached: false };
      // Bounded by the count: nothing but arithmetic stands in the loop.
      while (!enough.reached) enough.reached = ++rounds === 5e8;
    });
    expect((await it.nextLine()).fields).toMatchObject({ executionId: 'e-1' });
  });

  test('in native code, the run is known when that returns', async () => {
    await using it = await watched();
    withRunFields(fields, () => waitInNativeCode(3 * thresholdMs));
    const { fields: told } = await it.nextLine();
    expect(told).toMatchObject({ executionId: 'e-1', task: 'busy_task' });
    expect(String(told.at)).toContain('loop-watch.test.ts');
  });

  test('outside of runs, the place is told and nobody is blamed', async () => {
    await using it = await watched();
    spin(3 * thresholdMs);
    const { fields: told } = await it.nextLine();
    expect(told).toMatchObject({ at: expect.stringContaining('loop-watch.test.ts') });
    expect(told).not.toHaveProperty('task');
    expect(told).not.toHaveProperty('running');
  });

  test('each block is told once, and the code goes on as if nothing had been', async () => {
    await using it = await watched();
    let sum = 0;
    for (let block = 1; block <= 3; block++) {
      withRunFields({ ...fields, executionId: `e-${block}` }, () => spin(2 * thresholdMs));
      sum += block;
      await until(() => it.lines.length >= block);
    }
    expect(sum).toBe(6);
    expect(it.lines.map(({ fields: told }) => told.executionId)).toEqual(['e-1', 'e-2', 'e-3']);
  });

  test('a loop that turns is not told, however busy it is', async () => {
    await using it = await watched();
    const end = performance.now() + 4 * thresholdMs;
    let longestTurn = 0;
    while (performance.now() < end) {
      const turnedAt = performance.now();
      spin(thresholdMs / 10);
      await new Promise((resolve) => setImmediate(resolve));
      longestTurn = Math.max(longestTurn, performance.now() - turnedAt);
    }
    const blockedAt = performance.now();
    spin(2 * thresholdMs);
    const blockMs = performance.now() - blockedAt;
    await it.nextLine();
    // A machine that is busy itself may have held the loop up; that is told, and rightly so.
    if (longestTurn > thresholdMs / 2) return;
    // The one line is that of the one block, which began after all the work before it.
    expect(it.lines).toHaveLength(1);
    expect(it.lines[0]?.fields.blockedMs).toBeLessThan(blockMs + 2 * thresholdMs);
  });
});

describe('start and stop', () => {
  test('are safe twice and in any order', async () => {
    const { logger, lines } = rememberingLogger();
    const watch = new LoopWatch({ logger, thresholdMs, running: () => running });
    await watch.stop();
    await Promise.all([watch.start(), watch.start()]);
    await Promise.all([watch.stop(), watch.stop()]);
    spin(2 * thresholdMs);
    await watch.start();
    withRunFields(fields, () => spin(2 * thresholdMs));
    await until(() => lines.length > 0);
    await watch.stop();
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({ executionId: 'e-1' });
  });
});

/** A process of its own that watches itself. */
const program = (code: string): string => `
  const { LoopWatch } = await import(${JSON.stringify(module('loop-watch/loop-watch'))});
  const { withRunFields } = await import(${JSON.stringify(module('../log/run-fields'))});
  let stay;
  const line = (message, told) => {
    console.log(JSON.stringify({ message, ...told }));
    clearInterval(stay);
  };
  const logger = { warn: line, error: line, info: line, debug: line };
  const running = () => [{ executionId: 'e-1', task: 'busy_task', attempt: 2, startedAt: 1 }];
  const watch = new LoopWatch({ logger, running, thresholdMs: 150, urgentMs: 400 });
  await watch.start();
  ${code}`;
const module = (name: string): string =>
  new URL(`../../src/core/run/${name}.ts`, import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));
const nodeFlags = ['--import', 'tsx', '--input-type=module'];
/** In native code that cannot be looked into, until the other end of stdin is closed. */
const native = `
  const { execFileSync } = await import('node:child_process');
  execFileSync('cat', { stdio: ['inherit', 'pipe', 'inherit'] });`;

describe('a process', () => {
  test.each([
    ['a loop', 'while (true);', { ...fields, stack: expect.any(Array) }],
    ['native code', native, { running: [{ executionId: 'e-1', task: 'busy_task' }] }],
  ])('whose loop never turns again says so: %s', async (_, code, told) => {
    const blocking = `withRunFields(${JSON.stringify(fields)}, async () => { ${code} });`;
    const flags = [...nodeFlags, '--eval', program(blocking)];
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
    const code = `withRunFields(${JSON.stringify(fields)}, () => { ${loop} });`;
    const told = output(['--inspect=127.0.0.1:0'], `${code} stay = setInterval(() => {}, 1_000);`);
    expect(told).toMatchObject([
      { message: 'the event loop was blocked', running: [{ task: 'busy_task' }] },
    ]);
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
