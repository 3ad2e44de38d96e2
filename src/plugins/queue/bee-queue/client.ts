// A connection to Redis with our scripts as commands: it comes back by itself, soon, and never waits in silence.
import { type ChainableCommander, type RedisOptions as ClientOptions, Redis } from 'ioredis';
import type { RedisAddress } from './redis-address.js';
import { add } from './scripts/add.js';
import { cancel } from './scripts/cancel.js';
import { exchange } from './scripts/exchange.js';
import { admit, release } from './scripts/flow.js';
import { holds } from './scripts/holds.js';
import { befallen, handBackUnknown, keepAlive, prune, requeueStalled } from './scripts/upkeep.js';

/** The longest pause between two tries to connect. */
const longestPauseMs = 500;
/** A connection on which an answer is due and nothing arrives for so long is taken for dead. */
const silenceMs = 5_000;

type Argument = string | number;

/** Our scripts: key first, then arguments. */
export interface Scripts {
  add(base: string, ...args: Argument[]): Promise<string[]>;
  exchange(
    base: string,
    ...args: Argument[]
  ): Promise<[number[], Argument[], number, string, number]>;
  cancel(base: string, ...args: Argument[]): Promise<'cancelled' | 'requested' | 'gone'>;
  admit(base: string, ...args: Argument[]): Promise<string>;
  release(base: string, ...args: Argument[]): Promise<number>;
  keepAlive(base: string, ...args: Argument[]): Promise<unknown>;
  requeueStalled(base: string, ...args: Argument[]): Promise<unknown>;
  handBackUnknown(base: string, ...args: Argument[]): Promise<number>;
  befallen(base: string, ...args: Argument[]): Promise<[number[], number[]]>;
  prune(base: string, ...args: Argument[]): Promise<number>;
  holds(base: string, ...args: Argument[]): Promise<number[]>;
}

const scripts: Readonly<Record<keyof Scripts, string>> = {
  add,
  exchange,
  cancel,
  admit,
  release,
  keepAlive,
  requeueStalled,
  handBackUnknown,
  befallen,
  prune,
  holds,
};

/** A client of Redis. What is asked while it is not connected, or when the connection breaks, is rejected at once. */
export class RedisClient extends Redis {
  /** @param purpose names the connection in Redis (`CLIENT LIST`), with the process id. */
  constructor({ url, tls }: RedisAddress, purpose: string, options: ClientOptions = {}) {
    super(url, {
      ...(tls === undefined ? {} : { tls: { ...tls } }),
      connectionName: `skep-${purpose}-${process.pid}`,
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      // Nobody could catch what fails of it: who listens subscribes again.
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      connectTimeout: silenceMs,
      socketTimeout: silenceMs,
      keepAlive: silenceMs,
      // After a failover: the server that was written to has become a replica.
      reconnectOnError: ({ message }) => message.startsWith('READONLY'),
      retryStrategy: (times) => Math.min(longestPauseMs, 20 * 2 ** Math.min(times, 10)),
      ...options,
    });
    for (const [name, lua] of Object.entries(scripts)) {
      this.defineCommand(name, { numberOfKeys: 1, lua });
    }
    this.on('close', () => this.#forgetSilence());
  }

  /**
   * The client leaves the timer of `socketTimeout` running when a connection breaks while an answer is due, and would end
   * the next connection by it, or keep a process alive that has closed this one.
   */
  #forgetSilence(): void {
    // A private field of ioredis 5; where it is called otherwise, nothing happens here.
    const client = this as unknown as { socketTimeoutTimer?: NodeJS.Timeout | undefined };
    clearTimeout(client.socketTimeoutTimer);
    client.socketTimeoutTimer = undefined;
  }

  /** The commands that {@link scripts} define. */
  get scripts(): Scripts {
    // `defineCommand` adds them at run time.
    return this as unknown as Scripts;
  }

  /** The scripts as parts of a transaction. */
  transaction(): ChainableCommander & Record<keyof Scripts, (...args: Argument[]) => unknown> {
    // As with `scripts`.
    return this.multi() as ReturnType<RedisClient['transaction']>;
  }
}

// bee-queue knows an ioredis client by the name of its class; those of ioredis 5.11 do not carry it any more.
Object.defineProperty(RedisClient, 'name', { value: 'Redis' });
