// Services and repositories: classes that the container makes where a task, or another service, asks for them.
import 'reflect-metadata';
import { type DependencyContainer, injectable as tsyringeInjectable } from 'tsyringe';
import { outsideOfRuns } from '../log/run-fields.js';
import type { InjectedClass } from './constructor-tokens.js';

/** How long an instance lives: as long as the run that asked for it, or as long as the process. */
export type Lifetime = 'run' | 'process';

export interface InjectableOptions {
  /**
   * `run`: one instance for each run, shared by all that the run needs; it may hold data sources and the RunContext.
   * `process`: one for the process, made when it is first asked for, and another one in each thread for isolated tasks; it may hold
   * nothing of a run.
   * @default 'run'
   */
  readonly lifetime?: Lifetime;
}

const lifetimes = new Map<InjectedClass, Lifetime>();

/**
 * Marks a class as a service that nobody has to register: whoever names it with `@inject` gets it. Its own constructor names what it
 * needs in the same way. Every mistake in this is found at boot (`SKEP_INJECTION_INVALID`).
 * @example
 * `@injectable()`
 * `class Invoices { constructor(@inject(Maria) private readonly maria: ScopedDataSource) {} }`
 */
export function injectable({
  lifetime = 'run',
}: InjectableOptions = {}): (type: InjectedClass) => void {
  return (type) => {
    tsyringeInjectable()(type);
    lifetimes.set(type, lifetime);
  };
}

/** The classes that are marked, with their lifetimes. */
export const injectables: ReadonlyMap<InjectedClass, Lifetime> = lifetimes;

/**
 * For `useFactory`: makes the value once for the process, when it is first asked for. What it begins meanwhile (timers, connections)
 * belongs to no run.
 * @example `container.register('rates', { useFactory: perProcess(() => new Rates(options.vat)) })`
 */
export function perProcess<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: outsideOfRuns(make) };
    return made.value;
  };
}

/**
 * For `useFactory`: makes the value once for each run, which may take what belongs to the run.
 * @example `container.register('ledger', { useFactory: perRun((run) => new Ledger(run.resolve(injectionToken(RunContext)))) })`
 */
export function perRun<T>(make: (run: DependencyContainer) => T): (run: DependencyContainer) => T {
  const made = new WeakMap<DependencyContainer, { readonly value: T }>();
  return (run) => {
    const found = made.get(run) ?? { value: make(run) };
    made.set(run, found);
    return found.value;
  };
}
