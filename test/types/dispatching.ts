// What must compile, and what must not, where tasks are declared and dispatched. Nothing here runs: the type check of the tests
// reads it, and reports a line that does not compile, or a `@ts-expect-error` over one that does.
import { z } from 'zod';
import {
  type Dispatched,
  type Dispatcher,
  type Duration,
  definePlugin,
  duration,
  type Payload,
  type PayloadInput,
  type RateLimit,
  Retry,
  type RunContext,
  Schedule,
  Task,
  type TaskClass,
  TimeLimit,
  Tracked,
} from '../../src/index.js';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles for `true` alone. */
const proves = <_Proof extends true>(): void => {};

// A schema that changes what it accepts: a default, a coercion, a transform.
const Window = z.object({
  since: z.iso.date(),
  batch: z.int().default(500),
  until: z.string().transform((text) => new Date(text)),
});

@Task({
  code: 'import_window',
  payload: Window,
  unique: { key: ({ until, batch }) => [until.toISOString(), batch] },
})
@Schedule({ cron: '0 2 * * *', payload: { since: '2026-01-01', until: '2026-02-01' } })
@Tracked({ summarize: ({ rows }: { rows: number }) => `${rows} rows` })
class ImportWindow {
  run({ until, batch }: Payload<typeof Window>, _context: RunContext): { rows: number } {
    return { rows: batch + until.getTime() };
  }
}

// A schema that returns what it accepts needs no Payload.
const Invoice = z.object({
  customer: z.string(),
  lines: z.array(z.number()),
  note: z.string().optional(),
});
type Invoice = z.output<typeof Invoice>;

@Task({ code: 'bill', payload: Invoice, unique: { key: ({ customer }: Invoice) => customer } })
@Schedule({ every: '1h', payload: { customer: 'Ada', lines: [1, 2] } })
class Bill {
  async run({ customer }: Invoice): Promise<string> {
    return customer;
  }
}

// Other shapes of a payload: a primitive, a union, one that may be left out, none, and one without a schema.
const Trimmed = z.string().transform((text) => text.trim().length);
@Task({ code: 'trimmed', payload: Trimmed })
class Trim {
  run(length: Payload<typeof Trimmed>): number {
    return length + 1;
  }
}

const Change = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('add'), count: z.int().default(1) }),
  z.object({ kind: z.literal('drop'), key: z.string() }),
]);
@Task({ code: 'change', payload: Change })
class ApplyChange {
  run(change: Payload<typeof Change>): string | number {
    return change.kind === 'add' ? change.count : change.key;
  }
}

const Maybe = z.object({ days: z.coerce.number() }).optional();
@Task({ code: 'maybe', payload: Maybe })
class MaybeDays {
  run(window: Payload<typeof Maybe>): number | undefined {
    return window?.days;
  }
}

@Task({ code: 'nightly', priority: 'high', expires: '10m', rateLimit: '100/1m' })
@Schedule({ at: '2026-01-01T00:00' })
class Nightly {
  run(): void {}
}

@Task({ code: 'greet', unique: { key: ({ name }: { name: string }) => name } })
class Greet {
  run({ name }: { name: string; formal?: boolean }): string {
    return name;
  }
}

proves<
  Equal<
    PayloadInput<typeof ImportWindow>,
    { since: string; batch?: number | undefined; until: string }
  >
>();
proves<Equal<PayloadInput<typeof Trim>, string>>();
proves<Equal<PayloadInput<typeof Bill>, Invoice>>();
proves<Equal<Payload<typeof Invoice>, Invoice>>();

definePlugin({ name: 'types', version: '1.0.0', tasks: [ImportWindow, Bill, Nightly, Greet] });

export async function dispatches(dispatcher: Dispatcher, context: RunContext): Promise<void> {
  const dispatched = await dispatcher.dispatch(ImportWindow, {
    since: '2026-01-01',
    until: '2026-02-01',
  });
  const finished = await dispatched.wait();
  proves<Equal<typeof finished.result, { rows: number } | undefined>>();
  await dispatcher.dispatch(Trim, ' x ', { delay: '5m' });
  await dispatcher.dispatch(ApplyChange, { kind: 'add' });
  await dispatcher.dispatch(MaybeDays);
  await dispatcher.dispatch(MaybeDays, { days: '7' });
  await dispatcher.dispatch(Nightly);
  await dispatcher.dispatch(Nightly, undefined, { expires: '1h' });
  await dispatcher.dispatch('by_code', { any: ['json', 1, null] });
  await dispatcher.dispatch('by_code');
  proves<Equal<Awaited<ReturnType<typeof call>>, string>>();

  // @ts-expect-error the property batch is a number
  await dispatcher.dispatch(ImportWindow, { since: '2026-01-01', until: 'x', batch: '500' });
  // @ts-expect-error the schema accepts a text for until; the date is what run gets
  await dispatcher.dispatch(ImportWindow, { since: '2026-01-01', until: new Date() });
  // @ts-expect-error no property sinc
  await dispatcher.dispatch(ImportWindow, { sinc: '2026-01-01', until: '2026-02-01' });
  // @ts-expect-error the payload is missing
  await dispatcher.dispatch(Bill);
  // @ts-expect-error the schema accepts a text; the number is what run gets
  await dispatcher.dispatch(Trim, 4);
  // @ts-expect-error a task that takes no payload
  await dispatcher.dispatch(Nightly, { days: 1 });
  // @ts-expect-error no JSON
  await dispatcher.dispatch('by_code', { at: new Date() });
  // @ts-expect-error a negative delay
  await dispatcher.dispatch(Nightly, undefined, { delay: '-5m' });
  // @ts-expect-error call takes what a dispatch takes
  await context.call(ImportWindow, { since: '2026-01-01', until: new Date() });
  // @ts-expect-error no class of a task: it has no method run
  await dispatcher.dispatch(class Bare {});
  // @ts-expect-error an object of a class is no class
  await dispatcher.dispatch(new Nightly());

  function call() {
    return context.call(Bill, { customer: 'Ada', lines: [] });
  }
}

export async function severalDispatches(
  dispatcher: Dispatcher,
  invoices: readonly Invoice[],
): Promise<void> {
  const [imported, billed, byCode] = await dispatcher.dispatchAll([
    { task: ImportWindow, payload: { since: '2026-01-01', until: '2026-02-01' } },
    { task: Bill, payload: { customer: 'Ada', lines: [1] }, options: { delay: '1s' } },
    { task: 'by_code', payload: { any: 'json' } },
  ]);
  proves<Equal<typeof imported, Dispatched<{ rows: number }>>>();
  proves<Equal<typeof billed, Dispatched<string>>>();
  proves<Equal<typeof byCode, Dispatched<unknown>>>();
  const all = await dispatcher.dispatchAll(
    invoices.map((payload) => ({ task: Bill, payload, options: { delay: '1s' } })),
  );
  proves<Equal<typeof all, Dispatched<string>[]>>();
  await dispatcher.dispatchAll([
    { task: Nightly },
    ...invoices.map((payload) => ({ task: Bill, payload })),
  ]);

  await dispatcher.dispatchAll([
    { task: ImportWindow, payload: { since: '2026-01-01', until: '2026-02-01' } },
    // @ts-expect-error the payload of another task of the list
    { task: Bill, payload: { since: '2026-01-01', until: '2026-02-01' } },
  ]);
  // @ts-expect-error the payload is missing
  await dispatcher.dispatchAll([{ task: Bill }]);
  const short = invoices.map(({ customer }) => ({ task: Bill, payload: { customer } }));
  // @ts-expect-error the payloads of elements that are computed
  await dispatcher.dispatchAll(short);
}

// @ts-expect-error the output of the schema does not fit run
@Task({ code: 'output', payload: Invoice })
export class WrongOutput {
  run(_invoice: { customer: number }): void {}
}
// @ts-expect-error a dispatch would take the output: run is to take Payload<typeof Window>
@Task({ code: 'input', payload: Window })
export class WrongInput {
  run(_window: z.output<typeof Window>): void {}
}
// @ts-expect-error a dispatch would take nothing, and the schema wants an invoice
@Task({ code: 'nothing', payload: Invoice })
export class TakesNothing {
  run(): void {}
}
// @ts-expect-error no property custmer
@Task({ code: 'key', payload: Invoice, unique: { key: ({ custmer }) => custmer } })
export class WrongKey {
  run(_invoice: Invoice): void {}
}
// @ts-expect-error the key takes another payload than the schema returns
@Task({
  code: 'key_of_another',
  payload: Invoice,
  unique: { key: ({ day }: { day: string }) => day },
})
export class KeyOfAnother {
  run(_invoice: Invoice): void {}
}
// @ts-expect-error the key takes another payload than run
@Task({ code: 'key_without_schema', unique: { key: ({ day }: { day: string }) => day } })
export class KeyWithoutSchema {
  run(_invoice: Invoice): void {}
}
@Task({ code: 'summary' })
// @ts-expect-error run returns no rows
@Tracked({ summarize: ({ rows }: { rows: number }) => `${rows}` })
export class WrongSummary {
  run(): { lines: number } {
    return { lines: 1 };
  }
}
@Task({ code: 'scheduled', payload: Window })
// @ts-expect-error until is a text
@Schedule({ cron: '0 2 * * *', payload: { since: '2026-01-01', until: 7 } })
// @ts-expect-error no property bach
@Schedule({ name: 'b', cron: '0 2 * * *', payload: { since: 'x', until: 'x', bach: 7 } })
export class WrongTick {
  run(_window: Payload<typeof Window>): void {}
}
// @ts-expect-error a class without run
@Task({ code: 'no_run' })
export class NoRun {}

export const durations: Duration[] = ['0s', '5m', '250ms', '1.5h', '0.05s', '90d'];
export const computed: Duration = duration(7 * 60, 's');
export const rates: RateLimit[] = ['100/1m', '5/1.5h'];
// @ts-expect-error negative
export const negative: Duration = '-5m';
// @ts-expect-error an exponent
export const exponent: Duration = '1e9d';
// @ts-expect-error a number of another base
export const hexadecimal: Duration = '0x10m';
// @ts-expect-error no unit
export const unitless: Duration = '5';
// @ts-expect-error what a number comes to is not known; duration() checks it
export const unchecked: Duration = `${durations.length}m`;
// @ts-expect-error negative
export const negativeRate: RateLimit = '-1/1m';
// @ts-expect-error negative
Retry({ maxRetries: 1, delay: '-1s' });
// @ts-expect-error an exponent
TimeLimit({ soft: '1e3s' });

/** What the compiler cannot see, because a decorator does not change the type of its class; boot and dispatch find it. */
export const undecorated: TaskClass = class {
  run(): void {}
};
