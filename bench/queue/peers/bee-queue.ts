// Raw bee-queue on its own client, without anything that its documentation says can be left out.
import BeeQueue from 'bee-queue';
import { Countdown, type Payload, type Peer } from '../peer.js';
import { redisUrl, serve } from '../serve.js';

const settings: BeeQueue.QueueSettings = {
  redis: { url: redisUrl },
  getEvents: false,
  sendEvents: false,
  storeJobs: false,
  removeOnSuccess: true,
  removeOnFailure: true,
};

const beeQueue: Peer = {
  name: 'bee-queue',

  async dispatcher(name) {
    const queue = new BeeQueue<Payload>(name, { ...settings, isWorker: false });
    await queue.ready();
    return {
      dispatch: (payload) => queue.createJob(payload).save(),
      async dispatchAll(payloads) {
        const failed = await queue.saveAll(payloads.map((payload) => queue.createJob(payload)));
        for (const error of failed.values()) throw error;
      },
      close: () => queue.close(),
    };
  },

  async worker(name, concurrency, onStart) {
    const completed = new Countdown();
    const queue = new BeeQueue<Payload>(name, settings);
    queue.on('succeeded', completed.add);
    queue.on('error', (error) => console.error(error));
    await queue.ready();
    return {
      async start() {
        queue.process(concurrency, async ({ data }: BeeQueue.Job<Payload>) => onStart(data));
      },
      completed: (count) => completed.reached(count),
      close: () => queue.close(),
    };
  },
};

serve(beeQueue);
