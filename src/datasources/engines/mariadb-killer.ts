// Ends connections on the server: over one control connection, opened when it is needed and closed after; over another
// one where that is held up.
import { codeOf } from '../errors.js';
import { MariaDbConnection, type MysqlAddress, pinnedSqlMode } from './mariadb-connection.js';

/**
 * MariaDB may take two seconds for a KILL: it waits for the lock under which the victim waits. What is to be killed
 * besides does not wait behind that one for longer than this.
 */
const heldUpAfterMs = 100;
/** Few: a server with much to end may be short of connections. */
const mostControls = 4;

interface Doomed {
  readonly id: number;
  readonly heldUp: NodeJS.Timeout;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class MariaDbKiller {
  readonly #address: MysqlAddress;
  #doomed: Doomed[] = [];
  #controls = 0;

  constructor(address: MysqlAddress) {
    this.#address = address;
  }

  /** Resolves when the server has confirmed that the connection ends, or that there is none of this id. */
  kill(id: number): Promise<void> {
    return new Promise((done, failed) => {
      const heldUp = setTimeout(() => this.#relieve(), heldUpAfterMs);
      this.#doomed.push({ id, heldUp, done, failed });
      if (this.#controls === 0) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#controls += 1;
    let control: MariaDbConnection | undefined;
    try {
      control = await MariaDbConnection.open(this.#address, new AbortController().signal);
      await control.query(`SET ${pinnedSqlMode}`);
      for (let next = this.#doomed.shift(); next; next = this.#doomed.shift()) {
        clearTimeout(next.heldUp);
        await this.#end(control, next);
      }
    } catch (error) {
      // As long as there is another control connection, that one goes on.
      if (this.#controls === 1) this.#giveUp(error);
    } finally {
      this.#controls -= 1;
      // Who asks from now on gets a control connection of his own.
      await control?.close().catch(() => control?.destroy());
    }
  }

  /** Takes another control connection beside those that are held up. */
  #relieve(): void {
    if (this.#controls < mostControls) void this.#work();
  }

  #giveUp(error: unknown): void {
    for (const { heldUp, failed } of this.#doomed.splice(0)) {
      clearTimeout(heldUp);
      failed(error);
    }
  }

  async #end(control: MariaDbConnection, { id, done, failed }: Doomed): Promise<void> {
    try {
      await control.query(`KILL CONNECTION ${id}`);
      done();
    } catch (error) {
      if (codeOf(error) === 'ER_NO_SUCH_THREAD') done();
      else failed(error);
    }
  }
}
