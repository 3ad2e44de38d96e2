// Wraps the writes of a composition, so that its process can die before and after each of them.
import type { EntityManager, QueryRunner } from 'typeorm';
import type { Delivery } from '../../src/core/ports/broker.js';
import type { Composition } from '../../src/main.js';
import type { Step } from './crash-points.js';
import { victim } from './crash-victim.js';

/** Wraps all that a run and a dispatch write; the steps of the task's own code are in crash-plugin.ts. */
export function wrapWrites({ tracker, broker, sources }: Composition): void {
  wrapTracker(tracker);
  wrapBroker(broker);
  wrapStatements(sources.application);
}

/** The step, when it is about the execution of this process. */
const own = (step: Step, id: string): Step | undefined => (victim.isOwn(id) ? step : undefined);

/** The same for one of several, which may be of both: the one at which this process is to die. */
const ofSome = (step: Step, ids: readonly string[], child?: Step): Step | undefined => {
  const dies = victim.point?.step;
  if (dies === child && ids.some((id) => victim.isChild(id))) return child;
  return ids.some((id) => victim.isOwn(id)) ? step : undefined;
};

function wrapTracker(tracker: Composition['tracker']): void {
  const pending = tracker.pending.bind(tracker);
  tracker.pending = (all) => {
    const ids = all.map(({ envelope }) => envelope.id);
    return victim.around(ofSome('pending', ids), () => pending(all));
  };
  const queued = tracker.queued.bind(tracker);
  tracker.queued = (ids) => victim.around(ofSome('queued', ids, 'relay-queued'), () => queued(ids));
  const discarded = tracker.discarded.bind(tracker);
  tracker.discarded = (ids) => victim.around(ofSome('discarded', ids), () => discarded(ids));
  const pendingWithin = tracker.pendingWithin.bind(tracker);
  tracker.pendingWithin = (transaction, all) => {
    const isChild = all.some(({ envelope }) => victim.isChild(envelope.id));
    const step = isChild ? 'pendingWithin' : undefined;
    return victim.around(step, () => pendingWithin(transaction, all));
  };
  const begin = tracker.begin.bind(tracker);
  tracker.begin = (run, startedAt) => {
    const step = run.attempt === 1 ? 'begin' : 'begin-again';
    return victim.around(own(step, run.executionId), () => begin(run, startedAt));
  };
  const returned = tracker.returned.bind(tracker);
  tracker.returned = (run) => victim.around(own('returned', run.executionId), () => returned(run));
  const retrying = tracker.retrying.bind(tracker);
  tracker.retrying = (run, ...rest) =>
    victim.around(own('retrying', run.executionId), () => retrying(run, ...rest));
  const final = tracker.final.bind(tracker);
  tracker.final = (run, ...rest) =>
    victim.around(own('final', run.executionId), () => final(run, ...rest));
  const complete = tracker.complete.bind(tracker);
  tracker.complete = (run, ...rest) =>
    victim.around(own('complete', run.executionId), () => complete(run, ...rest));
}

const settling = {
  final: 'settle',
  retry: 'settle-retry',
  return: 'settle-return',
  postpone: undefined,
} as const;

function wrapBroker(broker: Composition['broker']): void {
  const enqueue = broker.enqueue.bind(broker);
  broker.enqueue = (entries) => {
    const ids = entries.map(({ envelope }) => envelope.id);
    if (ids.some((id) => victim.isChild(id))) relaying = 'relay-delete';
    const step = ofSome('enqueue', ids, 'relay-enqueue');
    return victim.around(step, () => enqueue(entries));
  };
  const consume = broker.consume.bind(broker);
  broker.consume = (options) =>
    consume({ ...options, deliver: (delivery) => options.deliver(wrapDelivery(delivery)) });
}

function wrapDelivery(delivery: Delivery): Delivery {
  const settle = delivery.settle.bind(delivery);
  delivery.settle = (settlement) => {
    const step = settling[settlement.kind];
    return victim.around(step && own(step, delivery.id), () => settle(settlement));
  };
  return delivery;
}

/** The next step of the relay with what this process has dispatched: it takes one portion after the other. */
let relaying: 'relay-delete' | 'relay-commit' | undefined;
/** Where it has deleted from the outbox, and is to commit. */
let relayRunner: QueryRunner | undefined;

/** The steps that no port shows: what the relay does to the outbox, and the late record that something is queued. */
function wrapStatements(database: Composition['sources']['application']): void {
  const use = database.use.bind(database);
  database.use = (work) =>
    use((manager) => {
      watchStatements(manager);
      return work(manager);
    });
}

function watchStatements({ queryRunner }: EntityManager): void {
  if (queryRunner === undefined) return;
  const query = queryRunner.query.bind(queryRunner);
  // TypeORM declares the overloads of `query`; all of them go to this one implementation.
  queryRunner.query = ((sql: string, parameters?: unknown[], structured?: boolean) =>
    victim.around(stepOf(queryRunner, sql, parameters), () =>
      query(sql, parameters as never, structured as never),
    )) as never;
}

function stepOf(runner: QueryRunner, sql: string, parameters: unknown[] = []): Step | undefined {
  if (/^DELETE\b.*\bexecution_outbox\b/s.test(sql) && relaying === 'relay-delete') {
    relaying = 'relay-commit';
    relayRunner = runner;
    return 'relay-delete';
  }
  if (sql === 'COMMIT' && relaying === 'relay-commit' && runner === relayRunner) {
    relaying = undefined;
    return 'relay-commit';
  }
  if (!sql.includes("SET status = 'queued'")) return undefined;
  return ofSome('mark', idsIn(parameters), 'relay-mark');
}

/** A list of ids is one parameter: an array, or its text. */
function idsIn(parameters: readonly unknown[]): string[] {
  const texts = parameters.flat().map(String);
  return texts.flatMap((text) => {
    const list: unknown = text.startsWith('[') ? JSON.parse(text) : [text];
    return Array.isArray(list) ? list.map(String) : [];
  });
}
