// What the compiler checks where a decorator meets its class: the schema, the functions and the payloads that are written in the
// decorator must fit `run`. A decorator's parameter is the class together with one of these types; where something does not fit,
// the type has a property that no class has, and its name is the message.
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { PayloadInput, PayloadOf, ResultOf, Same, TaskClass } from './task-class.js';

/** The schema of a task that has none; what TypeScript takes where `payload` is left out. */
export interface NoSchema extends StandardSchemaV1 {
  readonly 'no schema': true;
}

/** A class whose `run` takes this payload. `run` is a property here, because parameters of methods are compared too loosely. */
type Runs<Payload> = new (
  // biome-ignore lint/suspicious/noExplicitAny: constructor parameters are injected, whatever they are
  ...parameters: any[]
) => { run: (payload: Payload, context: never) => unknown };

interface DispatchIsNotTyped<Dispatched, Accepted> {
  'the schema accepts something else than run takes: type the parameter of run as Payload<typeof Schema>': [
    Dispatched,
    Accepted,
  ];
}
interface KeyDoesNotFit<KeyTakes, Payload> {
  'unique.key does not take the payload of run': [KeyTakes, Payload];
}
interface SummaryDoesNotFit<SummaryTakes, Result> {
  'summarize does not take the result of run': [SummaryTakes, Result];
}
interface PayloadDoesNotFit<Scheduled, Accepted> {
  'a dispatch of the task does not take the payload of @Schedule': [Scheduled, Accepted];
}

type Takes<Given, Taken, Otherwise> = [Given] extends [Taken] ? unknown : Otherwise;

/** For `@Task`: `run` takes what the schema returns, a dispatch what it accepts, and `unique.key` what `run` takes. */
export type FitsPayload<
  C extends TaskClass,
  Schema extends StandardSchemaV1,
  KeyPayload,
> = Schema extends NoSchema
  ? Takes<PayloadOf<C>, KeyPayload, KeyDoesNotFit<KeyPayload, PayloadOf<C>>>
  : // Options that were put together elsewhere, of which the compiler knows nothing.
    unknown extends StandardSchemaV1.InferInput<Schema> & StandardSchemaV1.InferOutput<Schema>
    ? unknown
    : Runs<StandardSchemaV1.InferOutput<Schema>> &
        FitsInput<PayloadInput<C>, StandardSchemaV1.InferInput<Schema>> &
        Takes<
          StandardSchemaV1.InferOutput<Schema>,
          KeyPayload,
          KeyDoesNotFit<KeyPayload, StandardSchemaV1.InferOutput<Schema>>
        >;

type FitsInput<Dispatched, Accepted> =
  Same<Dispatched, Accepted> extends true ? unknown : DispatchIsNotTyped<Dispatched, Accepted>;

/** For `@Tracked`. Nothing is summarized of a task that returns nothing. */
export type FitsResult<C extends TaskClass, SummaryTakes> = Takes<
  // biome-ignore lint/suspicious/noConfusingVoidType: what a `run` without a result returns
  Exclude<ResultOf<C>, undefined | void>,
  SummaryTakes,
  SummaryDoesNotFit<SummaryTakes, ResultOf<C>>
>;

/** For `@Schedule`. A payload that is left out may stand in plugins.json. */
export type FitsTick<C extends TaskClass, Scheduled> = unknown extends Scheduled
  ? unknown
  : [Scheduled] extends [ReadonlyDeep<PayloadInput<C>>]
    ? Takes<
        KeysOf<Scheduled>,
        KeysOf<PayloadInput<C>>,
        PayloadDoesNotFit<Scheduled, PayloadInput<C>>
      >
    : PayloadDoesNotFit<Scheduled, PayloadInput<C>>;

/** Literals are inferred as they are written, and so as read-only. */
type ReadonlyDeep<T> = T extends (...parameters: never[]) => unknown
  ? T
  : { readonly [Key in keyof T]: ReadonlyDeep<T[Key]> };

/** The names of all properties, those of each member of a union included; the position in an array is none. */
type KeysOf<T> = T extends readonly unknown[] ? never : T extends object ? keyof T : never;
