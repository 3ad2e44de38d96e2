// The process of a private server: started until it says that it is ready, ended and waited for.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';

/** How much of what a program said last is repeated in an error, in characters. */
const lastWordsLength = 4_000;
const startWithinMs = 60_000;
const stopWithinMs = 30_000;

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
}

/** A user of the system, by numbers. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export class ServerProcess {
  readonly #folder: string;
  readonly #user: ServerUser | undefined;
  #running: Running | undefined;

  /**
   * @param folder guarded; the guardian finds the process id there
   * @param user whom its programs run as; the user of this process when absent
   */
  constructor(folder: string, user?: ServerUser) {
    this.#folder = folder;
    this.#user = user;
  }

  get pid(): number | undefined {
    return this.#running?.child.pid;
  }

  /** @param ready what the server writes when it takes connections */
  async start(program: string, args: readonly string[], ready: RegExp): Promise<void> {
    const child = this.#spawn(program, args);
    try {
      await saysReady(child, ready, basename(program));
    } catch (error) {
      await this.end('SIGKILL');
      throw error;
    }
    release(child);
  }

  /** Runs a program that prepares the folder and ends by itself. */
  async run(program: string, args: readonly string[]): Promise<void> {
    const child = this.#spawn(program, args);
    const said = lastWords(child);
    const [code, signal] = await once(child, 'close');
    if (code === 0) return;
    throw new Error(
      `${basename(program)} failed (${signal ?? `code ${code}`})\n${said()}`.trimEnd(),
    );
  }

  /** Sends the signal and waits for the end; a server that ignores it is killed. Not running: does nothing. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (!this.#running) return;
    const { child, exited } = this.#running;
    child.ref();
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await exited;
    clearTimeout(patience);
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    if (this.#running) throw new Error(`a process of ${this.#folder} is running already`);
    // A process group of its own: Ctrl-C on the terminal is for the tests, which end the server in their own
    // time; and the guardian ends the whole group.
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      // Another user may not be allowed to enter the folder that this process works in.
      cwd: this.#folder,
      ...this.#user,
    });
    const pidFile = join(this.#folder, 'server.pid');
    if (child.pid !== undefined) writeFileSync(pidFile, String(child.pid));
    const exited = new Promise<void>((resolve) => {
      const ended = () => {
        this.#running = undefined;
        rmSync(pidFile, { force: true });
        resolve();
      };
      child.once('exit', ended).once('error', ended);
    });
    this.#running = { child, exited };
    return child;
  }
}

function saysReady(child: ChildProcess, ready: RegExp, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const said = lastWords(child, (text) => {
      if (!ready.test(text)) return;
      clearTimeout(patience);
      resolve();
    });
    const fail = (why: string, cause?: Error) => {
      clearTimeout(patience);
      reject(new Error(`${name} ${why}\n${said()}`.trimEnd(), { cause }));
    };
    const patience = setTimeout(() => fail(`was not ready in ${startWithinMs} ms`), startWithinMs);
    child.once('error', (error) => fail('cannot be run', error));
    child.once('close', (code, signal) => {
      fail(`ended before it was ready (${signal ?? `code ${code}`})`);
    });
  });
}

/**
 * Reads what a program says for as long as it runs: a pipe that nobody empties would stop it in the end.
 *
 * @param heard is given all that is remembered, each time there is more
 * @returns a function that yields what is remembered
 */
function lastWords(child: ChildProcess, heard: (text: string) => void = () => {}): () => string {
  let said = '';
  for (const stream of outputs(child)) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-lastWordsLength);
      heard(said);
    });
  }
  return () => said;
}

function outputs(child: ChildProcess): Readable[] {
  return [child.stdout, child.stderr].filter((stream) => stream !== null);
}

/** A running server keeps no process alive that has nothing else to do. */
function release(child: ChildProcess): void {
  child.unref();
  for (const stream of outputs(child)) if (stream instanceof Socket) stream.unref();
}
