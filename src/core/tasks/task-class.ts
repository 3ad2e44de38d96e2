// Types of task classes: what is inferred from `run` for dispatch by class.
/** An instance of a task class: `run(payload, context)`, with a payload and a RunContext. */
export interface TaskInstance {
  // biome-ignore lint/suspicious/noExplicitAny: parameters are contravariant; only `any` accepts every task
  run(...parameters: any[]): unknown;
  /** Called when the run ends, however it ends. */
  dispose?(): Promise<void> | void;
}

/** A class decorated with `@Task`. */
// biome-ignore lint/suspicious/noExplicitAny: constructor parameters are injected, whatever they are
export type TaskClass<T extends TaskInstance = TaskInstance> = new (...parameters: any[]) => T;

/** The payload that `run` of this class takes. */
export type PayloadOf<C extends TaskClass> =
  Parameters<InstanceType<C>['run']> extends [] ? undefined : Parameters<InstanceType<C>['run']>[0];

/** What `run` of this class returns, awaited. */
export type ResultOf<C extends TaskClass> = Awaited<ReturnType<InstanceType<C>['run']>>;

/** Argument list of a call that may leave out a payload the task does not take. */
export type PayloadArguments<C extends TaskClass, Options> =
  undefined extends PayloadOf<C>
    ? [payload?: PayloadOf<C>, options?: Options]
    : [payload: PayloadOf<C>, options?: Options];
