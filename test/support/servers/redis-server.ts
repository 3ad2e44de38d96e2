// A private Redis: own data folder, free port on loopback, append-only file. Tests of faults use one each; the script
// behind `npm test` starts the one that the others share.
import { mkdirSync, symlinkSync } from 'node:fs';
import { findRedis } from './find-redis.js';
import { freePort } from './free-port.js';
import { PrivateServer, type ServerCommand } from './private-server.js';

export interface RedisServerOptions {
  /** Asked of every client; none when absent. */
  readonly password?: string;
  /** Further options of redis-server, such as `['--appendfsync', 'always']`; they win over the ones given here. */
  readonly options?: readonly string[];
}

export class RedisServer extends PrivateServer {
  readonly port: number;
  readonly #password: string | undefined;
  readonly #options: readonly string[];

  private constructor(port: number, { password, options = [] }: RedisServerOptions) {
    super('redis');
    this.port = port;
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
    return server.begin(() => {
      // The name by which it is started tells the program what it is to be.
      symlinkSync(program, server.path('redis-server'));
      mkdirSync(server.path('data'));
    });
  }

  /** URL of the server, with the password when it has one. */
  get url(): string {
    const user = this.#password === undefined ? '' : `:${encodeURIComponent(this.#password)}@`;
    return `redis://${user}127.0.0.1:${this.port}/`;
  }

  protected override command(): ServerCommand {
    return {
      program: this.path('redis-server'),
      args: [
        ...['--bind', '127.0.0.1', '--port', String(this.port)],
        ...['--dir', this.path('data')],
        ...['--appendonly', 'yes', '--save', ''],
        ...(this.#password === undefined ? [] : ['--requirepass', this.#password]),
        ...this.#options,
      ],
      ready: /Ready to accept connections/,
    };
  }
}
