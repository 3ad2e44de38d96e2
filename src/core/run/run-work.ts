// What the code of one run has begun: uses and transactions of data sources, calls of tasks, dispatches, waits. What is unfinished when
// `run` returns was not awaited by anybody.
//
// A use, a transaction, a call, a wait for an execution or a `context.complete` that is unfinished then is cut off and fails the attempt. A dispatch is
// waited for, and its failure fails the attempt. Work that has failed before, with a rejection that nobody handled, fails the
// attempt too: it would have done so if it had been awaited.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { causes, SkepError } from '../errors/skep-error.js';
import { placeOf, type Trace, traceFrom } from './call-place.js';

/** What a run can begin. */
export type WorkKind = 'use' | 'transaction' | 'call' | 'complete' | 'dispatch' | 'wait';

/** Whose code it is. */
interface WorkIdentity {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
}

interface BegunWork {
  readonly kind: WorkKind;
  /** The data source, or the task that was called or whose execution is waited for. */
  readonly name: string;
  readonly trace: Trace | undefined;
  promise?: Promise<unknown>;
  /** What it is rejected with once it was cut off. */
  cutOff?: SkepError;
}

/** How many different pieces of unfinished work a message names. */
const mostNamed = 3;

/** The work in which an error was thrown, for whoever finds it in a rejection that nobody handles. */
const failedIn = new WeakMap<object, RunWork>();
/** Refused dispatches, of which the log has said so. */
const logged = new WeakSet<object>();
/** The work whose failure a rejection that nobody handled has brought to light. */
const strayOf = new WeakMap<Promise<unknown>, RunWork>();

export class RunWork {
  readonly #identity: WorkIdentity;
  readonly #task: string;
  readonly #open = new Set<BegunWork>();
  /** Failures that nobody has handled, by the promise that was rejected with them. */
  readonly #strays = new Map<Promise<unknown>, unknown>();
  #hasFailed = false;
  /** The code has ended. */
  #ended = false;
  /** Set once work was cut off. */
  #cutOff: SkepError | undefined;
  /** What the code asked for after it had ended. */
  #late: string | undefined;
  /** A statement of the code that came after the use or transaction that it belongs to. */
  #refused: SkepError | undefined;
  #failedDispatch: { readonly error: unknown } | undefined;
  #settled = false;
  /** A dispatch was refused, and the log has said so. */
  #hasRefused = false;
  /** Ends the waits that are cut off, which would otherwise go on asking. */
  readonly #waits = new AbortController();

  constructor(identity: WorkIdentity) {
    this.#identity = identity;
    this.#task = identity.task;
  }

  /** Whether there is nothing to be said of it when the code ends: no work is open and none has failed. */
  get clear(): boolean {
    return this.#open.size === 0 && !this.#hasFailed;
  }

  /**
   * Performs a piece of work, which counts as open until it has ended.
   * @param entry the function that the task has called: what the trace begins above.
   */
  track<T>(
    kind: WorkKind,
    name: string,
    perform: () => Promise<T>,
    entry?: (...args: never[]) => unknown,
  ): Promise<T> {
    const work: BegunWork = { kind, name, trace: entry && traceFrom(entry) };
    this.#open.add(work);
    const promise = this.#follow(work, perform);
    work.promise = promise;
    return promise;
  }

  /**
   * Performs a dispatch of the run.
   * @param refused gets the error of the first one that begins after the end.
   * @throws SkepError `SKEP_SCOPE_CLOSED` when the run has ended.
   */
  trackDispatch<T>(
    dispatch: () => Promise<T>,
    refused: (error: Error) => void = () => undefined,
  ): Promise<T> {
    if (!this.#settled) return this.track('dispatch', '', dispatch);
    const { executionId, attempt } = this.#identity;
    const error = new SkepError(
      'SKEP_SCOPE_CLOSED',
      `a dispatch began after attempt ${attempt} of ${this.#task} (${executionId}) had ended, and was refused`,
    );
    if (!this.#hasRefused) refused(error);
    this.#hasRefused = true;
    logged.add(error);
    return Promise.reject(error);
  }

  /** The run has ended: dispatches are refused from here on. */
  end(): void {
    this.#settled = true;
  }

  /**
   * Waits for the end of an execution. What follows a wait is lost with it, and a wait that nobody awaits ends the run before
   * the result is known on which it depends: so it counts like a call.
   */
  trackWait<T>(
    task: string,
    wait: (signal: AbortSignal) => Promise<T>,
    entry: (...args: never[]) => unknown,
  ): Promise<T> {
    const { signal } = this.#waits;
    if (this.#settled) return wait(new AbortController().signal);
    if (!this.#ended) return this.track('wait', task, () => wait(signal), entry);
    this.noteLate(words.wait(task));
    return Promise.reject(begunLate(this.#task, words.wait(task)));
  }

  /** The code has asked for something although it has ended. */
  noteLate(what: string): void {
    this.#late ??= what;
  }

  /** A statement of the code has failed. If nobody handles that, the attempt fails with it, as if it had been awaited. */
  noteFailedStatement(error: unknown): void {
    this.#hasFailed = true;
    if (typeof error === 'object' && error !== null) failedIn.set(error, this);
  }

  /** A statement of the code was refused, because the use or transaction that it belongs to had ended: it is lost. */
  noteRefused(error: SkepError): void {
    this.#hasFailed = true;
    this.#refused ??= error;
  }

  /** Whether nobody has handled the rejection with this error so far. */
  isUnhandled(error: unknown): boolean {
    return [...this.#strays.values()].some(
      (stray) => stray === error || causes(stray).some((cause) => cause === error),
    );
  }

  /** Cuts off what is unfinished. From here on nothing but a dispatch may begin. */
  cutOff(): void {
    this.#ended = true;
    const unawaited = [...this.#open].filter(({ kind }) => kind !== 'dispatch');
    if (unawaited.length === 0) return;
    const error = notAwaited(this.#task, unawaited);
    this.#cutOff = error;
    for (const work of unawaited) {
      work.cutOff = error;
      // Nobody may be there to handle what it is rejected with.
      work.promise?.catch(() => undefined);
    }
    if (unawaited.some(({ kind }) => kind === 'wait')) this.#waits.abort(error);
  }

  /**
   * Waits for the dispatches of code that was cut off.
   * @returns why the attempt fails, if the code itself has ended well.
   */
  async settle(): Promise<{ readonly error: unknown } | undefined> {
    for (let left = this.#dispatches(); left.length > 0; left = this.#dispatches()) {
      await Promise.allSettled(left);
    }
    // Node reports rejections that nobody handles once its queue of microtasks is empty.
    if (this.#cutOff === undefined && this.#hasFailed) await nextTurn();
    this.#settled = true;
    if (this.#cutOff) return { error: this.#cutOff };
    if (this.#failedDispatch) return this.#failedDispatch;
    if (this.#refused) return { error: this.#refused };
    for (const error of this.#strays.values()) return { error };
    return this.#late === undefined ? undefined : { error: begunLate(this.#task, this.#late) };
  }

  #dispatches(): Promise<unknown>[] {
    return [...this.#open].flatMap(({ kind, promise }) =>
      kind === 'dispatch' && promise ? [promise] : [],
    );
  }

  async #follow<T>(work: BegunWork, perform: () => Promise<T>): Promise<T> {
    try {
      return await perform();
    } catch (error) {
      if (work.cutOff) throw work.cutOff;
      this.#noteFailure(work, error);
      throw error;
    } finally {
      this.#open.delete(work);
    }
  }

  #noteFailure({ kind }: BegunWork, error: unknown): void {
    this.#hasFailed = true;
    if (this.#ended && kind === 'dispatch') this.#failedDispatch ??= { error };
    else if (typeof error === 'object' && error !== null) failedIn.set(error, this);
  }

  /** For {@link noteStrayRejection}. */
  noteStray(promise: Promise<unknown>, error: unknown): void {
    this.#strays.set(promise, error);
  }

  /** For {@link noteHandledRejection}. */
  forgetStray(promise: Promise<unknown>): void {
    this.#strays.delete(promise);
  }
}

/** Whether the log has named what was refused: a rejection with it that nobody handles is no news. */
export function isLoggedRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && logged.has(error);
}

/** A rejection that nobody has handled so far: perhaps that of a run's work, which then fails the attempt. */
export function noteStrayRejection(error: unknown, promise: Promise<unknown>): void {
  for (const cause of causes(error)) {
    const work = failedIn.get(cause);
    if (work === undefined) continue;
    work.noteStray(promise, error);
    strayOf.set(promise, work);
    return;
  }
}

/** Somebody handles a rejection after all, late. */
export function noteHandledRejection(promise: Promise<unknown>): void {
  strayOf.get(promise)?.forgetStray(promise);
}

function notAwaited(task: string, works: readonly BegunWork[]): SkepError {
  const times = new Map<string, number>();
  for (const work of works) {
    const text = described(work);
    times.set(text, (times.get(text) ?? 0) + 1);
  }
  const named = [...times]
    .slice(0, mostNamed)
    .map(([text, count]) => (count === 1 ? text : `${text} (${count} times)`));
  const more = times.size - named.length;
  const list = more > 0 ? `${named.join('; ')}; and ${more} more` : named.join('; ');
  const message = `run() of ${task} ended while work that it had begun was unfinished, which was then cut off: ${list}`;
  return new SkepError('SKEP_WORK_NOT_AWAITED', message);
}

function begunLate(task: string, what: string): SkepError {
  const message = `run() of ${task} had returned when its code still asked for ${what}, which was refused`;
  return new SkepError('SKEP_WORK_NOT_AWAITED', message);
}

function described({ kind, name, trace }: BegunWork): string {
  const place = trace && placeOf(trace);
  return `${words[kind](name)}${place === undefined ? '' : `, begun at ${place}`}`;
}

const words = {
  use: (name: string) => `a use of ${name}`,
  transaction: (name: string) => `a transaction of ${name}`,
  call: (name: string) => `a call of ${name}`,
  complete: () => 'context.complete',
  dispatch: () => 'a dispatch',
  wait: (name: string) => `a wait for an execution of ${name}`,
} satisfies Record<WorkKind, (name: string) => string>;
