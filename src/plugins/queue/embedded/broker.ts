// The embedded broker: a durable queue in one SQLite file under the data folder, behind the broker port.
import { existsSync } from 'node:fs';
import { SkepError } from '../../../core/errors/skep-error.js';
import type { ExecutionView } from '../../../core/execution.js';
import type { Logger } from '../../../core/log/logger.js';
import type {
  Broker,
  BrokerFacts,
  Cancellation,
  ConsumeOptions,
  Consumer,
  Enqueue,
  ExecutionFilter,
  QueueView,
} from '../../../core/ports/broker.js';
import type { WorkerStatus } from '../../../core/ports/control.js';
import type { Seams } from '../../../core/seams.js';
import { entryOf } from './entry.js';
import { OwnerLock } from './owner-lock.js';
import { openQueueFile, queueFile } from './queue-file.js';
import { assemble, type QueueParts } from './queue-parts.js';
import { defaultHistory, type HistoryLimits } from './retention.js';
import { brokerError } from './sqlite-errors.js';
import { untilFree } from './until-free.js';

/** Of so many runs that died with the last process the log says which. */
const mostNamed = 20;

export interface EmbeddedBrokerOptions {
  /** Absolute path of the data folder; made when it is missing. */
  readonly dataDir: string;
  readonly logger: Logger;
  readonly seams: Pick<Seams, 'now'>;
  /** Name of this worker: host and process. Shown with executions that are running here. */
  readonly worker: string;
  /** Finished executions to keep: 7 days and 10,000 of them when absent. */
  readonly history?: HistoryLimits;
}

/**
 * A durable queue without a server. Any number of processes may open one folder, to dispatch and to look; the first
 * that consumes owns it until it ends.
 */
export class EmbeddedBroker implements Broker {
  readonly name = 'embedded';
  readonly shared = false;
  readonly #options: EmbeddedBrokerOptions;
  #opening: Promise<QueueParts> | undefined;
  #parts: QueueParts | undefined;
  #owning: Promise<OwnerLock> | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
  }

  get missingFile(): string | undefined {
    const path = queueFile(this.#options.dataDir);
    return existsSync(path) ? undefined : path;
  }

  /** @throws SkepError `SKEP_DATA_DIR_UNUSABLE`, `SKEP_DATABASE_FILE`, `SKEP_SCHEMA_NEWER`. */
  async open(): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    const { dataDir, history = defaultHistory, ...options } = this.#options;
    this.#opening ??= openQueueFile(dataDir).then((file) =>
      assemble(file, { ...options, history }),
    );
    this.#parts = await this.#opening;
  }

  async enqueue(entries: readonly Enqueue[]): Promise<readonly string[]> {
    const { group, uniques, claimer } = this.#open();
    const { seams } = this.#options;
    const checked = entries.map(entryOf);
    if (checked.length === 0) return [];
    const compound = checked.length > 1 || checked[0]?.envelope.unique !== undefined;
    return group.add(
      () =>
        checked.map((entry) => {
          claimer.arrived(entry.envelope.queue, entry.availableAt);
          return uniques.insert(entry, seams.now());
        }),
      { compound },
    );
  }

  now(): number {
    return Math.floor(this.#options.seams.now());
  }

  /** The queue is on this machine. */
  readonly clockAheadMs = undefined;

  async own(): Promise<void> {
    await this.#beOwner(this.#open());
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    await this.#beOwner(this.#open());
    const { claimer, watcher, held } = this.#open();
    const unwatch = watcher.watch();
    const stop = claimer.add(options);
    return {
      stop: async () => {
        stop();
        // What is still out may be cancelled by another process.
        held.whenEmpty(unwatch);
      },
    };
  }

  async queues(): Promise<QueueView[]> {
    return this.#read(({ control }) => control.queues());
  }

  async pause(queue: string): Promise<void> {
    await this.#open().control.pause(queue);
  }

  async resume(queue: string): Promise<void> {
    await this.#open().control.resume(queue);
  }

  async cancel(id: string): Promise<Cancellation> {
    return this.#open().control.cancel(id);
  }

  async announce(status: WorkerStatus, validMs: number): Promise<void> {
    await this.#open().control.announce(status, validMs);
  }

  async withdraw(): Promise<void> {
    await this.#open().control.withdraw();
  }

  async workers(): Promise<WorkerStatus[]> {
    return this.#read(({ control }) => control.workers());
  }

  async examine(): Promise<BrokerFacts> {
    return this.#read(({ control, connection }) => control.examine(connection.path));
  }

  async find(id: string): Promise<ExecutionView | undefined> {
    return this.#read(({ store }) => store.find(id));
  }

  async holds(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const finality = await this.#read(({ store }) => store.finality(ids));
    return new Set(ids.filter((id) => finality.get(id) === false));
  }

  async list(filter: ExecutionFilter): Promise<ExecutionView[]> {
    return this.#read(({ executions }) => executions.list(filter));
  }

  async waitForFinal(id: string, signal?: AbortSignal): Promise<ExecutionView> {
    return this.#wait(({ waiters }) => waiters.final(id, signal));
  }

  async waitForEmpty(signal?: AbortSignal): Promise<void> {
    return this.#wait(({ waiters }) => waiters.empty(signal));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Opening that failed has told its caller.
    const parts = await this.#opening?.catch(() => undefined);
    if (parts === undefined) return;
    const { claimer, watcher, retention, group, waiters, disk, connection } = parts;
    claimer.close();
    watcher.close();
    retention.close();
    await group.close();
    waiters.refuse(closedError());
    const lock = await this.#owning?.catch(() => undefined);
    disk.close();
    connection.close();
    lock?.release();
  }

  /** Once for the process; after a failure it can be tried again. */
  async #beOwner(parts: QueueParts): Promise<void> {
    const owning = this.#owning ?? this.#own(parts);
    this.#owning = owning;
    try {
      await owning;
    } catch (error) {
      if (this.#owning === owning) this.#owning = undefined;
      throw error;
    }
  }

  /** Locks the folder and counts a crash for what the last owner held when it died. */
  async #own({ group, store, retention }: QueueParts): Promise<OwnerLock> {
    const { dataDir, seams, logger } = this.#options;
    const lock = await OwnerLock.acquire(dataDir, seams);
    try {
      const { died, crashed } = await group.add(() => ({
        died: store.running(mostNamed),
        crashed: store.recoverCrashed(seams.now()),
      }));
      if (crashed > 0) {
        const executions = died.map(({ task, id }) => `${task} ${id}`);
        logger.warn('runs died with the last process, queued again', { crashed, executions });
      }
      await untilFree(() => retention.start());
      return lock;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  #open(): QueueParts {
    if (this.#closing !== undefined) throw closedError();
    if (this.#parts === undefined) {
      throw new SkepError('SKEP_BROKER_CLOSED', 'the queue has not been opened');
    }
    return this.#parts;
  }

  async #read<T>(read: (parts: QueueParts) => T): Promise<T> {
    const parts = this.#open();
    try {
      return await untilFree(() => read(parts));
    } catch (error) {
      throw brokerError(error, parts.connection.path);
    }
  }

  async #wait<T>(wait: (parts: QueueParts) => Promise<T>): Promise<T> {
    const parts = this.#open();
    try {
      return await wait(parts);
    } catch (error) {
      throw brokerError(error, parts.connection.path);
    }
  }
}

function closedError(): SkepError {
  return new SkepError('SKEP_BROKER_CLOSED', 'the queue has been closed');
}
