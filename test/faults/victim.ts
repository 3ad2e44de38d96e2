// A script in a process of its own, there to be killed.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export class Victim {
  readonly #child: ChildProcess;
  /** Resolves when the process has ended, however. */
  readonly gone: Promise<unknown>;

  constructor(script: URL, args: readonly string[]) {
    this.#child = fork(script, args, { execArgv: ['--import', 'tsx'] });
    this.gone = once(this.#child, 'exit');
  }

  /** Resolves with the messages once there are so many of them. */
  messages(count: number): Promise<unknown[]> {
    const messages: unknown[] = [];
    return new Promise((resolve, reject) => {
      this.#child.on('message', (message) => {
        messages.push(message);
        if (messages.length === count) resolve(messages);
      });
      this.#child.once('exit', (code) => reject(new Error(`ended by itself with ${code}`)));
    });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.gone;
  }
}
