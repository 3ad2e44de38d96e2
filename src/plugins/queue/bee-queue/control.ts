// The control plane in Redis: pausing, cancelling, and the register of workers.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { Cancellation } from '../../../core/ports/broker.js';
import type { WorkerStatus } from '../../../core/ports/control.js';
import { cancelledReport } from '../../../core/run/cancelled-report.js';
import { readWorkerStatus } from '../../../core/run/worker-status.js';
import type { Seams } from '../../../core/seams.js';
import type { RedisClient } from './client.js';
import { finishedText, isRecord, type Job, keptText, parsed, readJob, uniqueKeyOf } from './job.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import type { Looking } from './looking.js';
import type { RedisClock } from './redis-clock.js';

export interface ControlParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly looking: Looking;
  /** The clock of this machine: reports of all attempts are by it. */
  readonly seams: Pick<Seams, 'now'>;
  readonly clock: Pick<RedisClock, 'now'>;
  readonly timeoutMs: number;
  readonly keepFinished: number;
  readonly worker: string;
  /** Someone wants this execution to end. */
  onCancel(id: string): void;
  onResume(): void;
}

export class Control {
  readonly #parts: ControlParts;
  /** Workers that were announced here. */
  readonly #announced = new Set<string>();
  #isWithdrawn = false;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    const { link, keys, onCancel, onResume } = this.#parts;
    await link.listen(keys.control, (message) => {
      const [what, id = ''] = message.split(' ', 2);
      if (what === 'cancel') onCancel(id);
      else if (what === 'resume') onResume();
    });
  }

  async pause(queue: string): Promise<void> {
    const { link, keys, timeoutMs, clock } = this.#parts;
    await link.send((redis) => redis.set(keys.paused(queue), clock.now()), timeoutMs);
  }

  async resume(queue: string): Promise<void> {
    const { link, keys, timeoutMs } = this.#parts;
    await link.send(async (redis) => {
      await redis.del(keys.paused(queue));
      await redis.publish(keys.control, `resume ${queue}`);
    }, timeoutMs);
  }

  /** @throws SkepError `SKEP_EXECUTION_UNKNOWN`. */
  async cancel(id: string): Promise<Cancellation> {
    const { link, keys, looking, timeoutMs, keepFinished } = this.#parts;
    for (;;) {
      const found = await looking.job(id);
      if (found === undefined) {
        if (await looking.find(id)) return 'final';
        throw new SkepError('SKEP_EXECUTION_UNKNOWN', `there is no execution ${id}`);
      }
      const { base, suffix } = keys.lane(found.lane);
      const view = await looking.find(id);
      const records = this.#cancelled(readJob(found.job), view?.attempt ?? 0, view?.crashes ?? 0);
      const words = [suffix, id, ...records, keepFinished, keys.control, view?.task ?? ''] as const;
      const came = await link.send((redis) => redis.scripts.cancel(base, ...words), timeoutMs);
      if (came !== 'gone') return came;
      // It ended between the two looks.
    }
  }

  async announce(status: WorkerStatus, validMs: number): Promise<void> {
    const { link, keys, timeoutMs } = this.#parts;
    this.#announced.add(status.id);
    this.#isWithdrawn = false;
    await link.send(async (redis) => {
      const text = JSON.stringify({ validUntil: (await serverNow(redis)) + validMs, status });
      // Meanwhile: it would be a worker that is gone.
      if (this.#isWithdrawn) return;
      await redis.hset(keys.workers, status.id, text);
    }, timeoutMs);
  }

  async withdraw(): Promise<void> {
    const { link, keys, timeoutMs } = this.#parts;
    const ids = [...this.#announced];
    if (ids.length === 0) return;
    this.#isWithdrawn = true;
    await link.send((redis) => redis.hdel(keys.workers, ...ids), timeoutMs);
    this.#announced.clear();
  }

  async workers(): Promise<WorkerStatus[]> {
    const { link, keys, timeoutMs } = this.#parts;
    const [known, now] = await link.send(
      (redis) => Promise.all([redis.hgetall(keys.workers), serverNow(redis)]),
      timeoutMs,
    );
    const alive: WorkerStatus[] = [];
    const gone: string[] = [];
    for (const [id, text] of Object.entries(known)) {
      const entry = parsed(text);
      const isAlive = isRecord(entry) && Number(entry.validUntil) > now;
      if (!isAlive) gone.push(id);
      const status = isAlive ? readWorkerStatus(entry.status) : undefined;
      if (status) alive.push(status);
    }
    if (gone.length > 0) await link.send((redis) => redis.hdel(keys.workers, ...gone), timeoutMs);
    return alive.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The unique key that it lets go, its finished record, and what is kept of that. */
  #cancelled(job: Job, attempt: number, crashes: number): [string, string, string] {
    const { worker, seams } = this.#parts;
    const report = cancelledReport(attempt, worker, seams.now());
    const finished = finishedText('cancelled', report, crashes);
    return [uniqueKeyOf(job), finished, keptText(finished, 'cancelled', report, crashes, job)];
  }
}

/** By the clock of Redis: those of two workers may be far apart, and neither is to take the other for dead. */
async function serverNow(redis: RedisClient): Promise<number> {
  const [seconds, microseconds] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
}
