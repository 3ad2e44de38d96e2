// One process of a supervisor: the same binary with the same arguments, on an IPC channel.
import { type ChildProcess, spawn } from 'node:child_process';
import { type ChildMessage, isChildMessage, type Part, supervisedOption } from './protocol.js';

/** How a process ended; `error` when it could not be started. */
export interface ChildEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

export interface Child {
  readonly pid: number | undefined;
  /** Never rejects. */
  readonly ended: Promise<ChildEnd>;
  onMessage(listener: (message: ChildMessage) => void): void;
  kill(signal: NodeJS.Signals): void;
}

/** The command line of a process, from that of its supervisor: `--processes` goes, its part comes. */
export function childArguments(argv: readonly string[], part: Part): string[] {
  const own = argv.filter(
    (word, index) => !/^--processes(=|$)/.test(word) && argv[index - 1] !== '--processes',
  );
  return [...own, supervisedOption, part];
}

/** Starts `node` with these arguments. */
export function spawnChild(argv: readonly string[]): Child {
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Ctrl-C on a terminal reaches a whole group of processes: the supervisor alone shall pass it on.
    detached: true,
  });
  return {
    pid: child.pid,
    ended: endOf(child),
    onMessage: (listener) => {
      child.on('message', (message) => {
        if (isChildMessage(message)) listener(message);
      });
    },
    kill: (signal) => void child.kill(signal),
  };
}

function endOf(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
    child.on('error', (error) => {
      // Of a process that runs, only a signal or a message failed; its end comes by itself.
      if (child.pid === undefined) resolve({ exitCode: null, signal: null, error });
    });
  });
}
