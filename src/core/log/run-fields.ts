// The fields that every log line of a run carries by itself, through AsyncLocalStorage.
import { AsyncLocalStorage } from 'node:async_hooks';

export interface RunFields {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
  readonly worker: string;
  /** The id that the broker gave the delivery; the execution id on brokers without ids of their own. */
  readonly jobId: string;
}

/** Whoever has to know of the dispatches of a run, and of its waits for executions: core/run/run-work.ts. */
export interface DispatchWatch {
  /** @param refused gets the error of the first dispatch that is refused because the run has ended. */
  trackDispatch<T>(dispatch: () => Promise<T>, refused?: (error: Error) => void): Promise<T>;
  /** @param wait ends when the signal aborts, with its reason. */
  trackWait<T>(
    task: string,
    wait: (signal: AbortSignal) => Promise<T>,
    entry: (...args: never[]) => unknown,
  ): Promise<T>;
}

/** One for all of it: each storage costs something with every promise that is made. */
interface Current {
  readonly fields?: RunFields;
  readonly watch?: DispatchWatch | undefined;
  /** The queue of which the run holds a slot. */
  readonly queue?: string | undefined;
  /** Whose code it is when it belongs to no run: `plugin "web"`, `role "http" of plugin "web"`. */
  readonly owner?: string;
}

const storage = new AsyncLocalStorage<Current>();

/** Runs code of a plugin that belongs to no run, so that what it throws later, from a timer or an emitter, is logged with its owner. */
export function asCodeOf<T>(owner: string, code: () => T): T {
  return storage.run({ owner }, code);
}

/** The plugin, or role of one, to which the calling code belongs, if any. */
export function currentOwner(): string | undefined {
  return storage.getStore()?.owner;
}

/**
 * Runs code as part of a run.
 * @param watch has the dispatches of the code tracked; the code of a task has one.
 * @param queue of which the run holds a slot; code inside it, such as a called task, keeps that of the run around it.
 */
export function withRunFields<T>(
  fields: RunFields,
  code: () => T,
  watch?: DispatchWatch,
  queue: string | undefined = storage.getStore()?.queue,
): T {
  return storage.run({ fields, watch, queue }, code);
}

/** The run to which the calling code belongs, if any. */
export function currentRunFields(): RunFields | undefined {
  return storage.getStore()?.fields;
}

/** The queue of which the run holds a slot that the calling code belongs to, if any. */
export function currentRunQueue(): string | undefined {
  return storage.getStore()?.queue;
}

/**
 * Runs code that belongs to no run, such as the constructor of a service that outlives the run which asks for it first: the timers and
 * connections it makes belong to none either.
 */
export function outsideOfRuns<T>(code: () => T): T {
  return storage.exit(code);
}

/** Runs code with the log fields of the run, but what it dispatches, now or from timers that it begins, is no work of the run. */
export function withoutDispatchWatch<T>(code: () => T): T {
  const current = storage.getStore();
  return current === undefined ? code() : storage.run({ ...current, watch: undefined }, code);
}

/**
 * Performs a dispatch as work of the run to which the calling code belongs, if any.
 * @param refused gets the error of the first dispatch that is refused because the run has ended.
 * @throws SkepError `SKEP_SCOPE_CLOSED` when the run has ended.
 */
export function asWorkOfRun<T>(
  dispatch: () => Promise<T>,
  refused?: (error: Error) => void,
): Promise<T> {
  const watch = storage.getStore()?.watch;
  return watch === undefined ? dispatch() : watch.trackDispatch(dispatch, refused);
}

/**
 * Waits for the end of an execution as work of the run to which the calling code belongs, if any.
 * @param task code of the task whose execution it is.
 * @param wait gets a signal that aborts when the run ends before it; none outside of runs.
 * @param entry the function that the code has called.
 */
export function asWaitOfRun<T>(
  task: string,
  wait: (signal?: AbortSignal) => Promise<T>,
  entry: (...args: never[]) => unknown,
): Promise<T> {
  const watch = storage.getStore()?.watch;
  return watch === undefined ? wait() : watch.trackWait(task, wait, entry);
}
