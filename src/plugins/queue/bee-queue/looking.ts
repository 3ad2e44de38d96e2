// Looking at queues and executions: what is in Redis, put together for a person.

import { queueOfLane } from '../../../core/dispatch/lanes.js';
import { type ExecutionState, type ExecutionView, finalStates } from '../../../core/execution.js';
import type { ExecutionFilter, QueueView } from '../../../core/ports/broker.js';
import { readClaimView } from './claim.js';
import type { RedisClient } from './client.js';
import { jobView, shownFinished } from './job.js';
import type { Keys } from './keys.js';
import type { Link } from './link.js';
import type { RedisClock } from './redis-clock.js';

export interface LookingParts {
  readonly link: Link;
  readonly keys: Keys;
  readonly clock: Pick<RedisClock, 'now'>;
  readonly timeoutMs: number;
}

/** Of each list, so many of the newest are looked at. */
const newest = 10_000;
/** Executions that are fetched at a time. */
const pageSize = 200;

export class Looking {
  readonly #parts: LookingParts;

  constructor(parts: LookingParts) {
    this.#parts = parts;
  }

  /** The lanes that were ever used, by name. */
  async lanes(): Promise<string[]> {
    const { keys } = this.#parts;
    return (await this.#ask((redis) => redis.smembers(keys.lanes))).sort();
  }

  async queues(): Promise<QueueView[]> {
    return this.#queues(await this.lanes());
  }

  async #queues(lanes: readonly string[]): Promise<QueueView[]> {
    const { keys, clock } = this.#parts;
    const rows = await this.#batch(lanes, (pipeline, lane) =>
      pipeline
        .llen(keys.of(lane, 'waiting'))
        .zcard(keys.of(lane, 'delayed'))
        .zcount(keys.of(lane, 'delayed'), 0, clock.now())
        .llen(keys.of(lane, 'active'))
        .exists(keys.paused(queueOfLane(lane))),
    );
    return lanes
      .map((name, index) => {
        const [waiting = 0, delayed = 0, due = 0, active = 0, paused = 0] = (rows[index] ?? []).map(
          Number,
        );
        return {
          name,
          waiting: waiting + due,
          delayed: delayed - due,
          active,
          paused: paused === 1,
        };
      })
      .filter(
        ({ name, waiting, delayed, active, paused }) =>
          waiting + delayed + active > 0 || (paused && name === queueOfLane(name)),
      );
  }

  async hasUnfinished(): Promise<boolean> {
    for (let known = 0; ; ) {
      const lanes = await this.lanes();
      // A run that ended after its lane was looked at may have dispatched into one that nobody knew of before.
      if (known > 0 && lanes.length === known) return false;
      known = lanes.length;
      const queues = await this.#queues(lanes);
      if (queues.some(({ waiting, delayed, active }) => waiting + delayed + active > 0))
        return true;
      if (known === 0) return false;
    }
  }

  async find(id: string): Promise<ExecutionView | undefined> {
    for (const lane of await this.lanes()) {
      const [view] = await this.#views(lane, [id]);
      if (view) return view;
    }
    return undefined;
  }

  /** The job of an execution that has not ended, with its lane. */
  async job(id: string): Promise<{ readonly lane: string; readonly job: string } | undefined> {
    const { keys } = this.#parts;
    const lanes = await this.lanes();
    const rows = await this.#batch(lanes, (pipeline, lane) =>
      pipeline.hget(keys.of(lane, 'jobs'), id),
    );
    const index = rows.findIndex(([job]) => typeof job === 'string');
    const [lane, job] = [lanes[index], rows[index]?.[0]];
    return lane !== undefined && typeof job === 'string' ? { lane, job } : undefined;
  }

  /** Newest first. Looks at the newest of each list alone: this is for people, and queues may be huge. */
  async list({ states, task, queue, limit, before }: ExecutionFilter): Promise<ExecutionView[]> {
    const lanes = (await this.lanes()).filter((lane) => queue === undefined || lane === queue);
    const known: { id: string; lane: string }[] = [];
    for (const lane of lanes) {
      for (const id of await this.#ids(lane, states)) known.push({ id, lane });
    }
    const sorted = known
      .filter(({ id }) => before === undefined || id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    const found: ExecutionView[] = [];
    for (let at = 0; at < sorted.length && found.length < limit; at += pageSize) {
      for (const view of await this.#page(sorted.slice(at, at + pageSize))) {
        const fits =
          (states === undefined || states.includes(view.state)) &&
          (task === undefined || view.task === task);
        if (fits && found.length < limit) found.push(view);
      }
    }
    return found;
  }

  async #page(page: readonly { id: string; lane: string }[]): Promise<ExecutionView[]> {
    const byId = new Map<string, ExecutionView>();
    for (const lane of new Set(page.map((each) => each.lane))) {
      const ids = page.filter((each) => each.lane === lane).map(({ id }) => id);
      for (const view of await this.#views(lane, ids)) if (view) byId.set(view.id, view);
    }
    return page.flatMap(({ id }) => byId.get(id) ?? []);
  }

  async #ids(lane: string, states: readonly ExecutionState[] | undefined): Promise<Set<string>> {
    const { keys } = this.#parts;
    const has = (...some: ExecutionState[]): boolean =>
      states === undefined || states.some((state) => some.includes(state));
    const isWaiting = has('queued', 'retrying');
    const isRunning = has('running') || isWaiting;
    const isFinished = has(...finalStates);
    const [lists = []] = await this.#batch([lane], (pipeline) =>
      pipeline
        .lrange(keys.of(lane, 'waiting'), 0, isWaiting ? newest - 1 : 0)
        .zrange(keys.of(lane, 'delayed'), 0, isWaiting ? newest - 1 : 0)
        .lrange(keys.of(lane, 'active'), 0, isRunning ? newest - 1 : 0)
        .lrange(keys.of(lane, 'finishedLog'), isFinished ? -newest : -1, -1),
    );
    const [waiting = [], delayed = [], active = [], log = []] = lists as string[][];
    const finished = log.map((entry) => entry.slice(entry.indexOf('|') + 1));
    return new Set([...waiting, ...delayed, ...active, ...finished]);
  }

  async #views(lane: string, ids: readonly string[]): Promise<(ExecutionView | undefined)[]> {
    const { keys } = this.#parts;
    const rows = await this.#batch(ids, (pipeline, id) =>
      pipeline
        .hget(keys.of(lane, 'jobs'), id)
        .hget(keys.of(lane, 'claims'), id)
        .hget(keys.of(lane, 'finished'), id)
        .zscore(keys.of(lane, 'delayed'), id),
    );
    return ids.map((id, index) => {
      const [job, claim, finished, dueAt] = (rows[index] ?? []) as (string | null)[];
      if (typeof job === 'string') return unfinishedView(id, lane, job, claim, dueAt);
      return typeof finished === 'string' ? shownFinished(id, lane, finished) : undefined;
    });
  }

  /** One row of answers for each item, in one round trip, and all of one moment. */
  async #batch<T>(
    items: readonly T[],
    ask: (pipeline: ReturnType<RedisClient['pipeline']>, item: T) => unknown,
  ): Promise<unknown[][]> {
    if (items.length === 0) return [];
    const answers = await this.#ask(async (redis) => {
      const pipeline = redis.multi();
      for (const item of items) ask(pipeline, item);
      const rows = (await pipeline.exec()) ?? [];
      // A connection that breaks is told in each row, and not by a rejection.
      const failed = rows.find(([error]) => error !== null)?.[0];
      if (failed) throw failed;
      return rows;
    });
    const perItem = answers.length / items.length;
    return items.map((_, index) =>
      answers.slice(index * perItem, (index + 1) * perItem).map(([, value]) => value),
    );
  }

  #ask<T>(work: (redis: RedisClient) => Promise<T>): Promise<T> {
    return this.#parts.link.send(work, this.#parts.timeoutMs);
  }
}

function unfinishedView(
  id: string,
  lane: string,
  job: string,
  claim: string | null | undefined,
  dueAt: string | null | undefined,
): ExecutionView {
  const asQueued = jobView(id, lane, job);
  const view = typeof dueAt === 'string' ? { ...asQueued, availableAt: Number(dueAt) } : asQueued;
  const held = readClaimView(claim ?? null);
  if (held === undefined) return view;
  const { report, ...rest } = held;
  return { ...view, ...rest, ...report };
}
