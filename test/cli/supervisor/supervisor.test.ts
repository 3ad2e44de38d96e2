// The supervisor over real processes: small scripts that do what a runtime does, and what it should not do.
import {
  type Child,
  childArguments,
  spawnChild,
} from '../../../src/cli/supervisor/child-process.js';
import type { Part } from '../../../src/cli/supervisor/protocol.js';
import { Supervisor, type SupervisorParts } from '../../../src/cli/supervisor/supervisor.js';
import { rememberingLogger } from '../../support/harness.js';
import { tempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';

/** Says that it is up, and then lives until it is told to end. */
const alive = `process.send('startup-over'); setInterval(() => undefined, 1000);`;
const scripts = {
  obedient: `process.on('SIGTERM', () => process.exit(143));
    process.on('SIGINT', () => process.exit(130)); ${alive}`,
  plain: alive,
  deaf: `process.on('SIGTERM', () => undefined); ${alive}`,
  unsettled: `process.on('SIGTERM', () => process.exit(1)); ${alive}`,
  /** Worn out from the start; lives on until SIGTERM, as one that drains does. */
  worn: `process.on('SIGTERM', () => process.exit(75));
    process.send('startup-over'); process.send('recycling'); setInterval(() => undefined, 1000);`,
  wornAndGone: `process.exitCode = 75; process.disconnect();`,
  failing: `process.exitCode = 3; process.disconnect();`,
};
type Script = keyof typeof scripts;

const folder = tempFolder();
const files = Object.fromEntries(
  Object.entries(scripts).map(([name, text]) => [name, folder.write(`${name}.mjs`, text)]),
);
const alivePids = new Set<number>();

afterAll(() => {
  // Whatever a failing test has left.
  for (const pid of alivePids) process.kill(pid, 'SIGKILL');
  folder[Symbol.dispose]();
});

interface Born {
  readonly part: Part;
  readonly child: Child;
  isUp: boolean;
  hasEnded: boolean;
}

/** A supervisor whose n-th process is the n-th script; the last one serves for all that follow. */
function supervise(
  names: readonly Script[],
  { processes = 1, ...changes }: Partial<SupervisorParts> = {},
) {
  const born: Born[] = [];
  const { logger, lines } = rememberingLogger();
  const supervisor = new Supervisor({
    processes,
    logger,
    now: () => performance.now(),
    backOff: { firstMs: 1, longestMs: 4, provenMs: 60_000, hastyMs: 0 },
    patienceMs: 20_000,
    ...changes,
    spawn: (part) => {
      const name = names[Math.min(born.length, names.length - 1)] ?? 'plain';
      const child = spawnChild([files[name] ?? name]);
      const one: Born = { part, child, isUp: false, hasEnded: false };
      if (child.pid !== undefined) alivePids.add(child.pid);
      child.onMessage(() => {
        one.isUp = true;
      });
      void child.ended.then(() => {
        one.hasEnded = true;
        if (child.pid !== undefined) alivePids.delete(child.pid);
      });
      born.push(one);
      return child;
    },
  });
  supervisor.start();
  const up = (count: number) =>
    until(() => born.filter(({ isUp, hasEnded }) => isUp && !hasEnded).length >= count);
  return { supervisor, born, up, messages: () => lines.map(({ message }) => message), lines };
}

describe('a dead process', () => {
  test('is replaced, and only the first of all has the startup tasks', async () => {
    const { supervisor, born, up } = supervise(['obedient'], { processes: 3 });
    await up(3);
    born[0]?.child.kill('SIGKILL');
    born[2]?.child.kill('SIGKILL');
    await until(() => born.length === 5);
    await up(3);
    expect(born.map(({ part }) => part)).toEqual(['first', 'other', 'other', 'other', 'other']);
    expect(await supervisor.stop('SIGTERM')).toBe(143);
    expect(born.every(({ hasEnded }) => hasEnded)).toBe(true);
  });

  test('is replaced again and again, with waits that grow', async () => {
    const { supervisor, lines, up } = supervise(['failing', 'failing', 'failing', 'obedient']);
    await up(1);
    const waits = lines.filter(({ message }) => message.startsWith('waiting before'));
    expect(waits.map(({ fields }) => fields.waitMs)).toEqual([1, 2, 4]);
    expect(await supervisor.stop('SIGTERM')).toBe(143);
  });

  test('that had not brought the startup tasks to their end leaves them to the next start, and says so', async () => {
    const { supervisor, messages, up } = supervise(['failing', 'obedient']);
    await up(1);
    expect(messages()).toContain(
      'the startup tasks were not brought to their end; the next start has them',
    );
    await supervisor.stop('SIGTERM');
  });
});

describe('a worn-out process', () => {
  test('has its successor at once, while it drains', async () => {
    const { supervisor, born, up } = supervise(['worn', 'obedient']);
    await up(2);
    expect(born).toHaveLength(2);
    born[0]?.child.kill('SIGTERM');
    await until(() => born[0]?.hasEnded === true);
    expect(born).toHaveLength(2);
    expect(await supervisor.stop('SIGTERM')).toBe(143);
  });

  test('has one when nobody heard that it was worn out', async () => {
    const { supervisor, lines, up } = supervise(['wornAndGone', 'obedient']);
    await up(1);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'info', message: 'a worn-out process has ended' }),
    );
    await supervisor.stop('SIGTERM');
  });

  test('waits for it when that happened too soon', async () => {
    const backOff = { firstMs: 60_000, longestMs: 60_000, provenMs: 60_000, hastyMs: 60_000 };
    const { supervisor, born, up, messages } = supervise(['worn'], { backOff });
    await up(1);
    await until(() => messages().includes('waiting before a process is replaced'));
    expect(born).toHaveLength(1);
    // That it was draining when the signal came is no fault.
    expect(await supervisor.stop('SIGTERM')).toBe(143);
    expect(born).toHaveLength(1);
  });
});

describe('a signal', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s reaches all, and when they have ended the code is %i', async (signal, code) => {
    const { supervisor, born, up } = supervise(['obedient'], { processes: 2 });
    await up(2);
    expect(await supervisor.stop(signal)).toBe(code);
    expect(born.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
  });

  test('that ends a process which does not listen yet is as good', async () => {
    const { supervisor, up } = supervise(['obedient', 'plain'], { processes: 2 });
    await up(2);
    expect(await supervisor.stop('SIGTERM')).toBe(143);
  });

  test('a process that leaves something behind makes the code 1', async () => {
    const { supervisor, up } = supervise(['obedient', 'unsettled'], { processes: 2 });
    await up(2);
    expect(await supervisor.stop('SIGTERM')).toBe(1);
  });

  test('one that does not end is killed when patience is over, and the code is 1', async () => {
    const { supervisor, born, up, messages } = supervise(['obedient', 'deaf'], {
      processes: 2,
      patienceMs: 50,
    });
    await up(2);
    expect(await supervisor.stop('SIGTERM')).toBe(1);
    expect(await born[1]?.child.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(messages()).toContain('processes did not end in time, killing them');
  });

  test('nothing is replaced after it, also not what was waiting for that', async () => {
    const backOff = { firstMs: 400, longestMs: 400, provenMs: 60_000, hastyMs: 0 };
    const { supervisor, born, up, messages } = supervise(['failing', 'obedient', 'plain'], {
      processes: 2,
      backOff,
    });
    await up(1);
    await until(() => messages().includes('waiting before a process is replaced'));
    expect(await supervisor.stop('SIGTERM')).toBe(143);
    let passed = false;
    setTimeout(() => {
      passed = true;
    }, 500);
    await until(() => passed);
    expect(born.filter(({ hasEnded }) => !hasEnded)).toEqual([]);
  });

  test('kill() ends all at once', async () => {
    const { supervisor, born, up } = supervise(['deaf'], { processes: 2 });
    await up(2);
    const stopped = supervisor.stop('SIGTERM');
    supervisor.kill();
    expect(await stopped).toBe(1);
    expect(born.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
  });
});

describe('the command line of a process', () => {
  test.each([
    [['start', '--processes', '4']],
    [['start', '--processes=4']],
    [['start', '--processes=2', '--processes', '4']],
  ])('%j', (argv) => {
    expect(childArguments(argv, 'other')).toEqual(['start', '--supervised', 'other']);
  });

  test('everything else stays', () => {
    const argv = ['--json', 'start', '--queues', 'a,b', '--processes', '4', '-c', 'x.json', '-v'];
    expect(childArguments(argv, 'first')).toEqual([
      ...['--json', 'start', '--queues', 'a,b', '-c', 'x.json', '-v'],
      ...['--supervised', 'first'],
    ]);
  });
});
