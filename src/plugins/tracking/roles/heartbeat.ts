// The heartbeat of a worker in the database: by it others know that the runs on record for it may still be going on.
import { hostname } from 'node:os';
import type { Role } from '../../../core/host/role.js';
import type { Logger } from '../../../core/log/logger.js';
import { skepVersion } from '../../../core/version.js';
import { columnTime, databaseNow, databaseTimeAfter } from '../store/rows.js';
import type { StoreDatabase } from '../store/store-database.js';
import { Rounds } from './rounds.js';

export interface HeartbeatParts {
  readonly database: StoreDatabase;
  readonly logger: Logger;
  /** Name of the worker, as the record of its runs has it. */
  readonly worker: string;
  /**
   * When its process began, by the clock that also stamps the beginnings of its runs; milliseconds since 1970 UTC. A run
   * that began before belongs to another process, which had the same name.
   */
  readonly startedAt: number;
}

const everyMs = 2_000;
/** Rows of workers that died are of no use to anybody after this time. */
const forgottenAfterMs = 3_600_000;
/** Beats from one forgetting to the next. */
const forgetEvery = 150;

export class Heartbeat implements Role {
  readonly name = 'the heartbeat';
  readonly whenRunning = true;
  readonly #parts: HeartbeatParts;
  readonly #rounds: Rounds;
  #beats = 0;
  #stopped: Promise<void> | undefined;

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
    const { logger } = parts;
    const round = () => this.round();
    this.#rounds = new Rounds({ name: this.name, logger, round, retryMs: everyMs });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Takes back what the beats said. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  /** Beats once. Resolves with the time to the next beat. */
  async round(): Promise<number> {
    const { database, worker, startedAt } = this.#parts;
    await database.use(async (manager, dialect) => {
      const now = databaseNow(dialect);
      const conflict =
        dialect === 'mariadb' ? 'ON DUPLICATE KEY UPDATE' : 'ON CONFLICT (id) DO UPDATE SET';
      const latest = (column: string): string =>
        `${column} = ${dialect === 'mariadb' ? `VALUES(${column})` : `excluded.${column}`}`;
      const columns = ['host', 'pid', 'version', 'started_at', 'beat_at'];
      await manager.query(
        `INSERT INTO worker (id, ${columns.join(', ')}) VALUES (?, ?, ?, ?, ?, ${now})
         ${conflict} ${columns.map(latest).join(', ')}`,
        [worker, hostname(), process.pid, skepVersion, columnTime(startedAt)],
      );
      if (this.#beats % forgetEvery === 0) {
        const before = databaseTimeAfter(dialect, -forgottenAfterMs);
        // A beat that is yet to come, or that SQLite sorts behind all times because it is none, would never grow old, and
        // nobody would take over what its worker ran.
        const after = databaseTimeAfter(dialect, forgottenAfterMs);
        await manager.query(`DELETE FROM worker WHERE beat_at < ${before} OR beat_at > ${after}`);
      }
    });
    this.#beats += 1;
    return everyMs;
  }

  async #stop(): Promise<void> {
    await this.#rounds.stop();
    if (this.#beats === 0) return;
    const { database, logger, worker, startedAt } = this.#parts;
    try {
      // A successor of the same name has a row of its own by now.
      await database.use((manager) =>
        manager.query('DELETE FROM worker WHERE id = ? AND started_at = ?', [
          worker,
          columnTime(startedAt),
        ]),
      );
    } catch (error) {
      logger.debug('the row of the worker stays; it grows old by itself', { error });
    }
  }
}
