// BullMQ, with jobs removed when they end.
import { type ConnectionOptions, Queue, Worker } from 'bullmq';
import { Countdown, type Payload, type Peer } from '../peer.js';
import { redisUrl, serve } from '../serve.js';

const { hostname: host, port } = new URL(redisUrl);
const connection: ConnectionOptions = { host, port: Number(port), maxRetriesPerRequest: null };
const none = { count: 0 };

const bullMq: Peer = {
  name: 'bullmq',

  async dispatcher(name) {
    const queue = new Queue<Payload>(name, {
      connection,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    await queue.waitUntilReady();
    return {
      dispatch: (payload) => queue.add('noop', payload),
      dispatchAll: (payloads) => queue.addBulk(payloads.map((data) => ({ name: 'noop', data }))),
      close: () => queue.close(),
    };
  },

  async worker(name, concurrency, onStart) {
    const completed = new Countdown();
    const worker = new Worker<Payload>(name, async ({ data }) => onStart(data), {
      connection,
      concurrency,
      autorun: false,
      removeOnComplete: none,
      removeOnFail: none,
    });
    worker.on('completed', completed.add);
    worker.on('error', (error) => console.error(error));
    await worker.waitUntilReady();
    return {
      async start() {
        // Resolves when the worker ends.
        void worker.run();
      },
      completed: (count) => completed.reached(count),
      close: () => worker.close(),
    };
  },
};

serve(bullMq);
