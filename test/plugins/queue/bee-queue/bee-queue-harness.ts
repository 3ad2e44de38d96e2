// The bee-queue broker's side of the conformance suite: a key prefix of its own for every test, on the shared Redis.
import { Redis } from 'ioredis';
import { systemSeams } from '../../../../src/core/seams.js';
import {
  BeeQueueBroker,
  type BeeQueueBrokerOptions,
} from '../../../../src/plugins/queue/bee-queue/broker.js';
import { redisOptionsSchema } from '../../../../src/plugins/queue/bee-queue/options.js';
import { crashHolding } from '../../../conformance/broker/crash-holding.js';
import type { BrokerHarness } from '../../../conformance/broker/harness.js';
import { type LogLine, rememberingLogger } from '../../../support/harness.js';

const holdingScript = new URL('./hold-all-bee-queue.ts', import.meta.url);

/** Short, so that tests of crashes do not take long. */
const soon = '500ms';
const shipped = redisOptionsSchema.parse({});

export class BeeQueueHarness implements BrokerHarness {
  readonly hasOneConsumer = false;
  readonly lines: LogLine[];
  /** For looks and acts past the broker. */
  readonly redis: Redis;
  readonly #logger;
  readonly #brokers: BeeQueueBroker[] = [];

  constructor(
    readonly url: string,
    readonly prefix: string,
    /** After which silence a worker is taken for dead. */
    readonly stallInterval: BeeQueueBrokerOptions['stallInterval'] = soon,
  ) {
    const { logger, lines } = rememberingLogger();
    this.#logger = logger;
    this.lines = lines;
    this.redis = new Redis(url);
  }

  make(changes: Partial<BeeQueueBrokerOptions> = {}): BeeQueueBroker {
    const broker = new BeeQueueBroker({
      ...shipped,
      stallInterval: this.stallInterval,
      url: this.url,
      prefix: this.prefix,
      logger: this.#logger,
      seams: systemSeams,
      worker: `test:${this.#brokers.length + 1}`,
      ...changes,
    });
    this.#brokers.push(broker);
    return broker;
  }

  async open(changes: Partial<BeeQueueBrokerOptions> = {}): Promise<BeeQueueBroker> {
    const broker = this.make(changes);
    await broker.open();
    return broker;
  }

  openSuccessor(): Promise<BeeQueueBroker> {
    return this.open({ stallInterval: soon });
  }

  crashHolding(
    queue: string,
    count: number,
    meanwhile?: Parameters<BrokerHarness['crashHolding']>[2],
  ): Promise<string[]> {
    const args = [this.url, this.prefix, queue, String(count)];
    return crashHolding(holdingScript, args, count, meanwhile);
  }

  /** The key of a queue, as docs/guide/scale-out.md names them. */
  key(queue: string, name: string): string {
    return `${this.prefix}:{${queue}}:${name}`;
  }

  async plant(queue: string, id: string, record: string): Promise<void> {
    await this.redis
      .multi()
      .sadd(`${this.prefix}:queues`, queue)
      .hset(this.key(queue, 'jobs'), id, record)
      .lpush(this.key(queue, 'waiting'), id)
      .exec();
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#brokers.map((broker) => broker.close()));
    this.redis.disconnect();
  }
}
