// A private Redis: own data folder, free port on loopback, append-only file, started, stopped, killed and restarted
// at will. Tests of faults use one each; the script behind `npm test` starts the one that the others share.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findRedis } from './find-redis.js';
import { freePort } from './free-port.js';
import { GuardedFolder } from './guarded-folder.js';
import { ServerProcess } from './server-process.js';

export interface RedisServerOptions {
  /** Asked of every client; none when absent. */
  readonly password?: string;
  /** Further options of redis-server, such as `['--appendfsync', 'always']`; they win over the ones given here. */
  readonly options?: readonly string[];
}

export class RedisServer {
  readonly #folder = new GuardedFolder('redis');
  readonly #process = new ServerProcess(this.#folder.path);
  readonly #password: string | undefined;
  readonly #options: readonly string[];
  readonly #port: number;

  private constructor(port: number, { password, options = [] }: RedisServerOptions) {
    this.#port = port;
    this.#password = password;
    this.#options = options;
  }

  /**
   * Makes a new server and starts it.
   *
   * @throws when no Redis is installed, or it does not start
   */
  static async create(options: RedisServerOptions = {}): Promise<RedisServer> {
    const program = findRedis();
    if (program === undefined) throw new Error('no Redis server is installed');
    const server = new RedisServer(await freePort(), options);
    try {
      // The name by which it is started tells the program what it is to be.
      symlinkSync(program, server.#path('redis-server'));
      mkdirSync(server.#path('data'));
      await server.start();
    } catch (error) {
      await server.remove();
      throw error;
    }
    return server;
  }

  /** URL of the server, with the password when it has one. */
  get url(): string {
    const user = this.#password === undefined ? '' : `:${encodeURIComponent(this.#password)}@`;
    return `redis://${user}127.0.0.1:${this.#port}/`;
  }

  get port(): number {
    return this.#port;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Starts it on the same port and data. */
  async start(): Promise<void> {
    const ready = /Ready to accept connections/;
    await this.#process.start(this.#path('redis-server'), this.#arguments(), ready);
  }

  /** Shuts it down in order: what it has acknowledged is on disk. */
  async stop(): Promise<void> {
    await this.#process.end('SIGTERM');
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    await this.#process.end('SIGKILL');
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

  #path(name: string): string {
    return join(this.#folder.path, name);
  }

  #arguments(): string[] {
    return [
      ...['--bind', '127.0.0.1', '--port', String(this.#port)],
      ...['--dir', this.#path('data')],
      ...['--appendonly', 'yes', '--save', ''],
      ...(this.#password === undefined ? [] : ['--requirepass', this.#password]),
      ...this.#options,
    ];
  }
}
