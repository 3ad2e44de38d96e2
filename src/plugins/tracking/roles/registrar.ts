// Brings the table of tasks up to date with what is installed: new and changed ones, those that vanished, those that came
// back. What has vanished stays, for its executions name it.
import type { Role } from '../../../core/host/role.js';
import type { Logger } from '../../../core/log/logger.js';
import type { TaskRegistry } from '../../../core/tasks/registry.js';
import { databaseNow } from '../store/rows.js';
import type { StoreDatabase } from '../store/store-database.js';
import { Rounds } from './rounds.js';

export interface RegistrarParts {
  readonly database: StoreDatabase;
  readonly registry: TaskRegistry;
  readonly logger: Logger;
}

/** A task as the table has it. */
interface TaskRow {
  readonly code: string;
  readonly plugin: string;
  readonly queue: string;
  readonly description: string | null;
  readonly vanished_at: Date | string | null;
}

const retryMs = 5_000;

export class Registrar implements Role {
  readonly name = 'the registration of tasks';
  readonly #parts: RegistrarParts;
  readonly #rounds: Rounds;

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    const { logger } = parts;
    const round = () => this.round();
    this.#rounds = new Rounds({ name: this.name, logger, round, retryMs });
  }

  start(): void {
    this.#rounds.start();
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** Once is enough: what is installed does not change while a process lives. */
  async round(): Promise<undefined> {
    const { database, registry, logger } = this.#parts;
    const installed = registry.all.map(
      ({ code, plugin, queue, description }): Omit<TaskRow, 'vanished_at'> => ({
        code,
        plugin,
        queue,
        description: description ?? null,
      }),
    );
    const known = await database.use(
      async (manager): Promise<TaskRow[]> =>
        manager.query('SELECT code, plugin, queue, description, vanished_at FROM task_function'),
    );
    const byCode = new Map(known.map((row) => [row.code, row]));
    const changed = installed.filter((task) => !isSame(task, byCode.get(task.code)));
    const codes = new Set(installed.map(({ code }) => code));
    const vanished = known.filter(({ code, vanished_at }) => !vanished_at && !codes.has(code));
    for (const task of changed) await this.#write(task);
    for (const { code } of vanished) await this.#markVanished(code);
    if (changed.length + vanished.length === 0) return;
    const names = (rows: readonly { code: string }[]): string[] => rows.map(({ code }) => code);
    logger.info('tasks registered', { changed: names(changed), vanished: names(vanished) });
  }

  /** Two runtimes may write the same task at one time. */
  async #write({ code, plugin, queue, description }: Omit<TaskRow, 'vanished_at'>): Promise<void> {
    await this.#parts.database.use((manager, dialect) => {
      const conflict =
        dialect === 'mariadb' ? 'ON DUPLICATE KEY UPDATE' : 'ON CONFLICT (code) DO UPDATE SET';
      return manager.query(
        `INSERT INTO task_function (code, plugin, queue, description, registered_at)
         VALUES (?, ?, ?, ?, ${databaseNow(dialect)})
         ${conflict} plugin = ?, queue = ?, description = ?, vanished_at = NULL`,
        [code, plugin, queue, description, plugin, queue, description],
      );
    });
  }

  async #markVanished(code: string): Promise<void> {
    await this.#parts.database.use((manager, dialect) =>
      manager.query(
        `UPDATE task_function SET vanished_at = ${databaseNow(dialect)}
         WHERE code = ? AND vanished_at IS NULL`,
        [code],
      ),
    );
  }
}

function isSame(task: Omit<TaskRow, 'vanished_at'>, row: TaskRow | undefined): boolean {
  return (
    row !== undefined &&
    row.vanished_at === null &&
    row.plugin === task.plugin &&
    row.queue === task.queue &&
    row.description === task.description
  );
}
