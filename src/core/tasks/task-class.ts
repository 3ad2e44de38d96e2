// Types of task classes: what a dispatch of a class takes, what its `run` gets and what it gives.
import type { StandardSchemaV1 } from '@standard-schema/spec';

/** An instance of a task class: `run(payload, context)`, with a payload and a RunContext. */
export interface TaskInstance {
  // biome-ignore lint/suspicious/noExplicitAny: parameters are contravariant; only `any` accepts every task
  run(...parameters: any[]): unknown;
  /** Called when the run ends, however it ends. */
  dispose?(): Promise<void> | void;
}

/**
 * A class decorated with `@Task`. TypeScript gives a decorator no way to change the type of its class, so that every class
 * with a method `run` is one for the compiler; one without `@Task` is refused at boot and by a dispatch.
 */
// biome-ignore lint/suspicious/noExplicitAny: constructor parameters are injected, whatever they are
export type TaskClass<T extends TaskInstance = TaskInstance> = new (...parameters: any[]) => T;

declare const accepted: unique symbol;

/** The mark by which the type of a payload carries what a dispatch takes. It exists for the compiler alone. */
export interface Accepts<Input> {
  readonly [accepted]?: readonly [Input];
}

/**
 * What `run` gets of a schema, for the type of its first parameter: the schema's output. Where the schema changes what it
 * accepts (`.default()`, a transform, a coercion), the type also carries the schema's input, which a dispatch takes.
 * @example
 * const Window = z.object({ since: z.iso.date(), batch: z.int().default(500) });
 * type Window = Payload<typeof Window>;
 * // run({ since, batch }: Window): batch is a number; dispatch(Import, { since: '2026-01-01' }): batch may be left out
 */
export type Payload<Schema extends StandardSchemaV1> =
  Same<StandardSchemaV1.InferInput<Schema>, StandardSchemaV1.InferOutput<Schema>> extends true
    ? StandardSchemaV1.InferOutput<Schema>
    : Carrying<StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>>;

// An intersection with undefined or null is never, one with unknown would be the mark alone.
type Carrying<Output, Input> = unknown extends Output
  ? Output
  : Output extends null | undefined
    ? Output
    : Output & Accepts<Input>;

export type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** The payload that `run` of this class takes; undefined for a `run` without parameters. */
export type PayloadOf<C extends TaskClass> =
  Parameters<InstanceType<C>['run']> extends [] ? undefined : Parameters<InstanceType<C>['run']>[0];

/** What a dispatch of this class takes: the input of its schema, or what `run` takes where the task has no schema. */
export type PayloadInput<C extends TaskClass> = AcceptedFor<PayloadOf<C>>;

type AcceptedFor<P> = unknown extends P
  ? P
  : [NonNullable<P>] extends [never]
    ? P
    : typeof accepted extends keyof NonNullable<P>
      ? InputIn<NonNullable<P>[typeof accepted]>
      : P;
type InputIn<Mark> = NonNullable<Mark> extends readonly [infer Input] ? Input : never;

/** What `run` of this class returns, awaited. */
export type ResultOf<C extends TaskClass> = Awaited<ReturnType<InstanceType<C>['run']>>;

/** Argument list of a call that may leave out a payload the task does not take. */
export type PayloadArguments<C extends TaskClass, Options> =
  undefined extends PayloadInput<C>
    ? [payload?: PayloadInput<C>, options?: Options]
    : [payload: PayloadInput<C>, options?: Options];
