// A private PostgreSQL: own data folder, free port on loopback. The script behind `npm test` starts the one that the
// suites share.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { findPostgres, type PostgresPrograms } from './find-postgres.js';
import { freePort } from './free-port.js';
import { PrivateServer, type ServerCommand } from './private-server.js';
import type { ServerUser } from './server-process.js';

/** PostgreSQL refuses to run as root: it then runs as the user that its package made, else as the one without rights. */
function ordinaryUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (option: string, name: string): number =>
    Number(execFileSync('id', [option, name], { encoding: 'utf8', stdio: 'pipe' }));
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) };
    } catch {
      // There is no such user; the next one may be there.
    }
  }
  throw new Error('PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody"');
}

export class PostgresServer extends PrivateServer {
  readonly #programs: PostgresPrograms;
  readonly #password = randomBytes(12).toString('hex');
  readonly #options: readonly string[];
  #port = 0;

  private constructor(programs: PostgresPrograms, options: readonly string[]) {
    super('postgres', ordinaryUser());
    this.#programs = programs;
    this.#options = options;
  }

  /**
   * Makes a new server and starts it.
   *
   * @param options further options of postgres, such as `['-c', 'max_connections=7']`
   * @throws when no PostgreSQL is installed, or it does not start
   */
  static async create(options: readonly string[] = []): Promise<PostgresServer> {
    const programs = findPostgres();
    if (!programs) throw new Error('no PostgreSQL server is installed');
    const server = new PostgresServer(programs, options);
    return server.begin(() => server.#initialise());
  }

  /** URL of the server with user and password; a database name can be appended. */
  get url(): string {
    return `postgres://skep:${this.#password}@127.0.0.1:${this.#port}/`;
  }

  get port(): number {
    return this.#port;
  }

  async #initialise(): Promise<void> {
    const passwordFile = this.path('password');
    // The folder belongs to the server's user alone, so that others read nothing in it.
    writeFileSync(passwordFile, `${this.#password}\n`, { mode: 0o644 });
    await this.run(this.#programs.initialise, [
      ...['--pgdata', this.path('data'), '--username', 'skep', '--pwfile', passwordFile],
      ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
    ]);
    this.#port = await freePort();
  }

  protected override command(): ServerCommand {
    return {
      program: this.#programs.server,
      args: [
        ...['-D', this.path('data'), '-p', String(this.#port)],
        ...['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${this.path()}`],
        // What it acknowledged outlives the server's process, which is all that tests need.
        ...['-c', 'fsync=off', '-c', 'max_connections=200'],
        ...this.#options,
      ],
      ready: /database system is ready to accept connections/,
      // SIGTERM would wait for every client to leave. SIGQUIT ends it without a checkpoint, as a crash does, and takes
      // its child processes along, which a killed server would leave behind for a moment.
      signals: { stop: 'SIGINT', kill: 'SIGQUIT' },
    };
  }
}
