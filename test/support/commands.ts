// Runs commands of the binary in a process that serves the whole suite; see command-host.mjs.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ownEnvironment } from './own-environment.js';
import type { Finished } from './skep.js';

const host = fileURLToPath(new URL('command-host.mjs', import.meta.url));

export interface TypedCommand {
  readonly cwd: string;
  readonly env: Record<string, string | undefined>;
  readonly args: readonly string[];
}

interface Waiting {
  readonly resolve: (finished: Finished) => void;
  readonly reject: (error: Error) => void;
}

let running: { readonly child: ChildProcess; readonly waiting: Map<number, Waiting> } | undefined;
let count = 0;

afterAll(() => {
  running?.child.kill('SIGKILL');
});

/** Runs a command to its end; commands that are asked for at one time run one after the other. */
export function runCommand(command: TypedCommand): Promise<Finished> {
  running ??= startHost();
  const { child, waiting } = running;
  count += 1;
  const id = count;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    child.send({ id, command });
  });
}

function startHost(): NonNullable<typeof running> {
  const waiting = new Map<number, Waiting>();
  const child = fork(host, {
    execArgv: [],
    // Whether texts are coloured is decided when it starts, and by `CI` among others.
    env: ownEnvironment(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', ({ id, finished }: { id: number; finished: Finished }) => {
    waiting.get(id)?.resolve(finished);
    waiting.delete(id);
  });
  child.once('exit', (code, signal) => {
    running = undefined;
    for (const { reject } of waiting.values()) {
      reject(new Error(`the process that runs commands ended: ${signal ?? code}`));
    }
  });
  return { child, waiting };
}
