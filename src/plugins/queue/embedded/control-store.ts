// The SQL of the control plane of the embedded queue: paused queues, and what workers tell of themselves.
import { queueOfLane } from '../../../core/dispatch/lanes.js';
import type { WorkerStatus } from '../../../core/ports/control.js';
import { readWorkerStatus } from '../../../core/run/worker-status.js';
import type { Connection } from './connection.js';
import { parseJson } from './execution-row.js';

/** The queues that are paused, with all their lanes. */
export class PausedQueues {
  readonly #names: ReadonlySet<string>;

  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  get names(): readonly string[] {
    return [...this.#names];
  }

  has(lane: string): boolean {
    return this.#names.size > 0 && (this.#names.has(lane) || this.#names.has(queueOfLane(lane)));
  }
}

export class ControlStore {
  readonly #statements: ReturnType<typeof prepareAll>;

  constructor(connection: Connection) {
    this.#statements = prepareAll(connection);
  }

  paused(): PausedQueues {
    return new PausedQueues(this.#statements.paused().map(([name]) => String(name)));
  }

  pause(queue: string): void {
    this.#statements.pause(queue);
  }

  resume(queue: string): void {
    this.#statements.resume(queue);
  }

  announce(status: WorkerStatus, validUntil: number): void {
    this.#statements.announce(status.id, validUntil, JSON.stringify(status));
  }

  withdraw(id: string): void {
    this.#statements.withdraw(id);
  }

  /** What workers have said that is still valid, by id. */
  workers(now: number): WorkerStatus[] {
    return this.#statements
      .workers(now)
      .flatMap(([status]) => readWorkerStatus(parseJson(String(status))) ?? []);
  }

  /** Forgets the workers that have long been silent. */
  prune(now: number): void {
    this.#statements.prune(now);
  }
}

function prepareAll(connection: Connection) {
  return {
    paused: connection.select(`SELECT name FROM paused_queues ORDER BY name`),
    pause: connection.change('INSERT INTO paused_queues (name) VALUES (?) ON CONFLICT DO NOTHING'),
    resume: connection.change('DELETE FROM paused_queues WHERE name = ?'),
    announce: connection.change(
      `INSERT INTO workers (id, valid_until, status) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET valid_until = excluded.valid_until, status = excluded.status`,
    ),
    withdraw: connection.change('DELETE FROM workers WHERE id = ?'),
    workers: connection.select(`SELECT status FROM workers WHERE valid_until > ? ORDER BY id`),
    prune: connection.change('DELETE FROM workers WHERE valid_until <= ?'),
  };
}
