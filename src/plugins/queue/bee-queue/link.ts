// The link to Redis: one connection for commands, one that listens to channels; what happens when they break and return.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { Logger } from '../../../core/log/logger.js';
import { NotInTime, within } from '../../../core/within.js';
import { RedisClient } from './client.js';
import { type RedisAddress, whereOf } from './redis-address.js';
import { isBroken, queueClosed, queueError, unreachable } from './redis-errors.js';

export interface LinkOptions {
  readonly address: RedisAddress;
  readonly logger: Logger;
}

/** How often a quiet listener is asked whether it is still connected. */
const pingMs = 2_000;

export class Link {
  readonly address: RedisAddress;
  readonly commands: RedisClient;
  readonly #listener: RedisClient;
  readonly #logger: Logger;
  /** Address without secrets. */
  readonly where: string;
  readonly #channels = new Map<string, Set<(message: string) => void>>();
  readonly #onReturn = new Set<() => void>();
  #isLost = false;
  #lastError: unknown;
  #pinging: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ address, logger }: LinkOptions) {
    this.#logger = logger;
    this.address = address;
    this.where = whereOf(address);
    this.commands = new RedisClient(address, 'commands');
    // Each lane's queue of bee-queue listens to it, so that many listeners are no leak.
    this.commands.setMaxListeners(0);
    this.#listener = new RedisClient(address, 'listener');
    for (const client of [this.commands, this.#listener]) {
      client.on('error', (error: unknown) => this.#broke(error));
      client.on('ready', () => this.#returned());
      client.on('close', () => this.#broke(undefined));
    }
    this.#listener.on('message', (channel: string, message: string) => {
      for (const listener of this.#channels.get(channel) ?? []) listener(message);
    });
  }

  /** A further connection, for commands that block; not connected yet. */
  blocking(): RedisClient {
    const client = new RedisClient(this.address, 'waiting');
    client.on('error', () => undefined);
    return client;
  }

  /**
   * Connects.
   * @throws SkepError `SKEP_QUEUE_UNREACHABLE`, `SKEP_QUEUE_REFUSED`; `SKEP_CONFIG_INVALID` when Redis has no such database.
   */
  async open(timeoutMs: number): Promise<void> {
    // They try again by themselves; the first failure is told by `ready`.
    for (const client of [this.commands, this.#listener]) client.connect().catch(() => undefined);
    await this.ready(timeoutMs, { isFirst: true });
    await this.#assertDatabase(timeoutMs);
    this.#pinging = setInterval(() => void this.#listener.ping().catch(() => undefined), pingMs);
    this.#pinging.unref();
  }

  get isReady(): boolean {
    return this.commands.status === 'ready' && this.#listener.status === 'ready';
  }

  /** Whether nothing listens at the address: the server is down, and that not for this process alone. */
  get isRefused(): boolean {
    const { message = '' } = this.#lastError instanceof Error ? this.#lastError : {};
    return !this.isReady && /ECONNREFUSED|LOADING/.test(message);
  }

  /**
   * Waits until the connections are there.
   * @throws SkepError `SKEP_QUEUE_UNREACHABLE`, `SKEP_QUEUE_REFUSED`, `SKEP_BROKER_CLOSED`.
   */
  async ready(timeoutMs: number, { isFirst = false } = {}): Promise<void> {
    if (this.#closed) throw queueClosed();
    if (this.isReady) return;
    await new Promise<void>((resolve, reject) => {
      const end = (act: () => void): void => {
        clearTimeout(timer);
        clearInterval(looking);
        act();
      };
      const timer = setTimeout(
        () => end(() => reject(unreachable(this.where, timeoutMs, this.#lastError))),
        timeoutMs,
      );
      const looking = setInterval(() => {
        if (this.#closed) end(() => reject(queueClosed()));
        else if (this.isReady) end(resolve);
        else if (isFirst && this.#refusal() !== undefined) end(() => reject(this.#refusal()));
      }, 5);
    });
  }

  /**
   * Sends commands, again when the connection breaks meanwhile: they must do no harm when they are carried out twice.
   * @throws SkepError as {@link ready}; `SKEP_QUEUE_UNFIT`.
   */
  async send<T>(work: (commands: RedisClient) => Promise<T>, timeoutMs: number): Promise<T> {
    const startedAt = performance.now();
    for (;;) {
      const leftMs = timeoutMs - (performance.now() - startedAt);
      if (leftMs <= 0) throw unreachable(this.where, timeoutMs, this.#lastError);
      if (!this.isReady || this.#closed) await this.ready(leftMs);
      try {
        return await within(() => work(this.commands), leftMs);
      } catch (error) {
        if (this.#closed) throw queueClosed();
        if (error instanceof NotInTime) throw unreachable(this.where, timeoutMs, this.#lastError);
        if (!isBroken(error)) throw queueError(error, this.where);
        this.#lastError = error;
        // The client notices in this turn or the next that it is not connected any more.
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  /** Drops the connection for commands and makes a new one. */
  reconnect(): void {
    this.commands.disconnect(true);
  }

  /** Listens to a channel until the function that is returned is called. */
  async listen(channel: string, listener: (message: string) => void): Promise<() => void> {
    const listeners = this.#channels.get(channel) ?? new Set();
    listeners.add(listener);
    if (!this.#channels.has(channel)) {
      this.#channels.set(channel, listeners);
      await this.#subscribe(channel);
    }
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#closed) return;
      this.#channels.delete(channel);
      void this.#listener.unsubscribe(channel).catch(() => undefined);
    };
  }

  /** Has `act` done each time the connection has come back: what was told meanwhile was not heard. */
  onReturn(act: () => void): () => void {
    this.#onReturn.add(act);
    return () => this.#onReturn.delete(act);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#pinging);
    this.#onReturn.clear();
    this.#channels.clear();
    this.commands.disconnect();
    this.#listener.disconnect();
  }

  async #subscribe(channel: string): Promise<void> {
    try {
      await this.#listener.subscribe(channel);
    } catch (error) {
      if (!isBroken(error)) throw queueError(error, this.where);
      // Done when the connection has come back.
    }
  }

  #refusal(): SkepError | undefined {
    const error = queueError(this.#lastError, this.where);
    return error instanceof SkepError && error.code === 'SKEP_QUEUE_REFUSED' ? error : undefined;
  }

  #broke(error: unknown): void {
    if (error !== undefined) this.#lastError = error;
    if (this.#closed || this.#isLost || this.#pinging === undefined) return;
    this.#isLost = true;
    this.#logger.warn('the connection to Redis is lost, connecting again', { redis: this.where });
  }

  /** The client goes on with database 0 where Redis refuses the one that was asked for: that may be somebody else's. */
  async #assertDatabase(timeoutMs: number): Promise<void> {
    const { db = 0 } = this.commands.options;
    if (db === 0) return;
    try {
      await within(() => this.commands.select(db), timeoutMs);
    } catch (error) {
      if (!/DB index/i.test(String(error))) throw queueError(error, this.where);
      const message = `Redis at ${this.where} has no database ${db}`;
      const remedy =
        'Give a number below the `databases` of its configuration (16 as shipped) at the end of the URL, or raise that.';
      throw new SkepError('SKEP_CONFIG_INVALID', message, { place: 'REDIS_URL', remedy });
    }
  }

  #returned(): void {
    if (!this.#isLost || !this.isReady) return;
    this.#lastError = undefined;
    this.#isLost = false;
    this.#logger.info('the connection to Redis is back', { redis: this.where });
    for (const channel of this.#channels.keys()) {
      this.#subscribe(channel).catch((error: unknown) => {
        this.#logger.warn('listening to a channel of Redis failed', { channel, error });
      });
    }
    for (const act of this.#onReturn) act();
  }
}
