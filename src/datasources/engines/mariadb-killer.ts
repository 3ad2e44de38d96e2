// Ends connections on the server: over one control connection, opened when it is needed and closed after.
import { codeOf } from '../errors.js';
import { MariaDbConnection, type MysqlAddress } from './mariadb-connection.js';

interface Doomed {
  readonly id: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

export class MariaDbKiller {
  readonly #address: MysqlAddress;
  #doomed: Doomed[] = [];
  #working = false;

  constructor(address: MysqlAddress) {
    this.#address = address;
  }

  /** Resolves when the server has confirmed that the connection ends, or that there is none of this id. */
  kill(id: number): Promise<void> {
    return new Promise((done, failed) => {
      this.#doomed.push({ id, done, failed });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    let control: MariaDbConnection | undefined;
    try {
      control = await MariaDbConnection.open(this.#address, new AbortController().signal);
      for (let next = this.#doomed.shift(); next; next = this.#doomed.shift()) {
        await this.#end(control, next);
      }
    } catch (error) {
      for (const { failed } of this.#doomed.splice(0)) failed(error);
    } finally {
      this.#working = false;
      // Who asks from now on gets a control connection of his own.
      await control?.close().catch(() => control?.destroy());
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
