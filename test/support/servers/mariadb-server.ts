// A private MariaDB: own data folder, free port on loopback. Tests of faults use one each; the script behind `npm test`
// starts the one that the others share.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { findMariaDb, type MariaDbPrograms } from './find-mariadb.js';
import { freePort } from './free-port.js';
import { PrivateServer, type ServerCommand } from './private-server.js';

/** A server refuses to run as root unless told that it is meant. */
const asThisUser = process.getuid?.() === 0 ? ['--user=root'] : [];

export class MariaServer extends PrivateServer {
  readonly #programs: MariaDbPrograms;
  readonly #password = randomBytes(12).toString('hex');
  readonly #options: readonly string[];
  #port = 0;

  private constructor(programs: MariaDbPrograms, options: readonly string[]) {
    super('maria');
    this.#programs = programs;
    this.#options = options;
  }

  /**
   * Makes a new server and starts it.
   *
   * @param options further options of mariadbd, such as `--wait-timeout=2`
   * @throws when no MariaDB is installed, or it does not start
   */
  static async create(options: readonly string[] = []): Promise<MariaServer> {
    const programs = findMariaDb();
    if (!programs) throw new Error('no MariaDB server is installed');
    const server = new MariaServer(programs, options);
    return server.begin(() => server.#initialise());
  }

  /** URL of the server with user and password; a database name can be appended. */
  get url(): string {
    return `mysql://skep:${this.#password}@127.0.0.1:${this.#port}/`;
  }

  get port(): number {
    return this.#port;
  }

  async #initialise(): Promise<void> {
    await this.run(this.#programs.initialise, [
      '--no-defaults',
      ...asThisUser,
      ...this.#storage(),
      '--skip-test-db',
      '--skip-name-resolve',
    ]);
    const user = `'skep'@'127.0.0.1'`;
    writeFileSync(
      this.path('init.sql'),
      `CREATE USER IF NOT EXISTS ${user} IDENTIFIED BY '${this.#password}';\n` +
        `GRANT ALL ON *.* TO ${user} WITH GRANT OPTION;\n`,
      { mode: 0o600 },
    );
    this.#port = await freePort();
  }

  #storage(): string[] {
    return [
      `--datadir=${this.path('data')}`,
      // Also while it is made: at its start a server removes the temporary tables of all others from a folder they share.
      `--tmpdir=${this.path()}`,
      '--innodb-log-file-size=64M',
    ];
  }

  protected override command(): ServerCommand {
    return {
      program: this.#programs.server,
      args: [
        '--no-defaults',
        ...asThisUser,
        ...this.#storage(),
        `--socket=${this.path('socket')}`,
        `--pid-file=${this.path('mariadbd.pid')}`,
        `--init-file=${this.path('init.sql')}`,
        '--bind-address=127.0.0.1',
        `--port=${this.#port}`,
        // After a kill the port may be held for a moment by connections of the server that was.
        '--port-open-timeout=10',
        '--skip-name-resolve',
        '--skip-log-bin',
        '--character-set-server=utf8mb4',
        '--max-connections=300',
        // It reports to nobody.
        '--loose-feedback=OFF',
        ...this.#options,
      ],
      ready: /ready for connections/,
    };
  }
}
