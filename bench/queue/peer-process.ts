// A peer in a process of its own, so that no peer warms, slows or fills what another one runs in.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Measures } from './measures.js';
import type { PeerName } from './peer.js';
import type { Answer, Question } from './serve.js';

const scripts: Readonly<Record<PeerName, URL>> = {
  skep: new URL('./peers/skep.ts', import.meta.url),
  'bee-queue': new URL('./peers/bee-queue.ts', import.meta.url),
  bullmq: new URL('./peers/bullmq.ts', import.meta.url),
};

type Value<Name extends keyof Measures> = Awaited<ReturnType<Measures[Name]>>;

export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #died: Promise<[Answer]>;

  constructor(peer: PeerName, redisUrl: string) {
    this.#child = fork(scripts[peer], [redisUrl]);
    this.#died = once(this.#child, 'exit').then(([code]) => [{ error: `ended with ${code}` }]);
  }

  /** Has one thing measured. */
  async ask<Name extends keyof Measures>(
    measure: Name,
    ...[argument]: Parameters<Measures[Name]>
  ): Promise<Value<Name>> {
    const question: Question = { measure, argument };
    this.#child.send(question);
    const [answer]: [Answer] = await Promise.race([
      // What `serve` sends.
      once(this.#child, 'message') as Promise<[Answer]>,
      this.#died,
    ]);
    if ('error' in answer) throw new Error(`${measure} failed: ${answer.error}`);
    return answer.value as Value<Name>;
  }

  async end(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }
}
