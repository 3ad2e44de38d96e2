// What every private server is: a folder that does not outlive this process, and one program in it that is started,
// stopped, killed and restarted at will.
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { GuardedFolder } from './guarded-folder.js';
import { ServerProcess, type ServerUser } from './server-process.js';

export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** What the server writes when it takes connections. */
  readonly ready: RegExp;
  /** What shuts it down in order, and what ends it as a crash would; SIGTERM and SIGKILL when absent. */
  readonly signals?: { readonly stop: NodeJS.Signals; readonly kill: NodeJS.Signals };
}

export abstract class PrivateServer implements AsyncDisposable {
  readonly #folder: GuardedFolder;
  readonly #process: ServerProcess;

  /**
   * @param name part of the name of its folder
   * @param user whom the folder belongs to and the server runs as; the user of this process when absent
   */
  protected constructor(name: string, user?: ServerUser) {
    this.#folder = new GuardedFolder(name);
    if (user) chownSync(this.#folder.path, user.uid, user.gid);
    this.#process = new ServerProcess(this.#folder.path, user);
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Starts it on the same port and data. */
  async start(): Promise<void> {
    const { program, args, ready } = this.command();
    await this.#process.start(program, args, ready);
  }

  /** Shuts it down in order: what it has acknowledged is on disk. */
  async stop(): Promise<void> {
    await this.#process.end(this.command().signals?.stop ?? 'SIGTERM');
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    await this.#process.end(this.command().signals?.kill ?? 'SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Ends it and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    await this.#folder.remove();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }

  protected abstract command(): ServerCommand;

  /** Prepares its folder and starts it for the first time; nothing is left of it when that fails. */
  protected async begin(prepare: () => Promise<void> | void): Promise<this> {
    try {
      await prepare();
      await this.start();
      return this;
    } catch (error) {
      await this.remove();
      throw error;
    }
  }

  /** Runs a program that prepares the folder and ends by itself. */
  protected run(program: string, args: readonly string[]): Promise<void> {
    return this.#process.run(program, args);
  }

  /** In its folder; the folder itself without a name. */
  protected path(name = ''): string {
    return join(this.#folder.path, name);
  }
}
