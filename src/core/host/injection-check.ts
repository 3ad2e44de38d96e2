// Injection at boot: registers the classes that are marked `@injectable`, then follows each constructor from the tasks on, so that
// what cannot be made is found before anything runs.
import 'reflect-metadata';
import { type DependencyContainer, type InjectionToken, Lifecycle } from 'tsyringe';
import { SkepError } from '../errors/skep-error.js';
import {
  constructorParameters,
  constructorProblems,
  type InjectedClass,
} from '../tasks/constructor-tokens.js';
import { injectables, type Lifetime } from '../tasks/injectable.js';
import type { TaskRecord } from '../tasks/task-record.js';

export interface InjectionParts {
  readonly container: DependencyContainer;
  readonly tasks: readonly TaskRecord[];
  /** What each run adds to its own container: the RunContext, data sources. */
  readonly runTokens: readonly unknown[];
}

/**
 * Registers the marked classes that nobody registered otherwise, with their lifetimes.
 * Call it when the plugins have registered and started: either may register services.
 * @returns every mistake: a token that nothing answers to, a parameter without one, a circle, a process that would keep what is a run's.
 */
export function prepareInjection({ container, tasks, runTokens }: InjectionParts): SkepError[] {
  for (const [type, lifetime] of injectables) {
    if (container.isRegistered(type, true)) continue;
    const lifecycle = lifetime === 'process' ? Lifecycle.Singleton : Lifecycle.ContainerScoped;
    container.register(type, { useClass: type }, { lifecycle });
  }
  const check = new InjectionCheck(container, new Set(runTokens));
  return tasks.flatMap(({ taskClass, plugin }) =>
    check.follow(taskClass, 'run', `class ${taskClass.name} of plugin ${plugin}`, []),
  );
}

class InjectionCheck {
  readonly #container: DependencyContainer;
  readonly #runTokens: ReadonlySet<unknown>;
  readonly #checked = new Set<InjectedClass>();

  constructor(container: DependencyContainer, runTokens: ReadonlySet<unknown>) {
    this.#container = container;
    this.#runTokens = runTokens;
  }

  /** @param path the classes that led here, from the task on. */
  follow(
    type: InjectedClass,
    lifetime: Lifetime,
    place: string,
    path: readonly InjectedClass[],
  ): SkepError[] {
    if (path.includes(type)) return [circle([...path.slice(path.indexOf(type)), type], place)];
    if (this.#checked.has(type)) return [];
    this.#checked.add(type);
    // Those of tasks are found with their declarations.
    const problems =
      path.length === 0 ? [] : constructorProblems(type, place, 'SKEP_INJECTION_INVALID');
    for (const { label, token, isOptional } of constructorParameters(type)) {
      if (token === undefined) continue;
      const service = this.#serviceFor(token);
      const needs = `${label} needs ${nameOf(token)}`;
      if (service === undefined && !isOptional) {
        problems.push(nothingAnswers(needs, token, place));
      } else if (lifetime === 'process' && service?.lifetime === 'run') {
        const message = `${needs}, which belongs to one run, and ${type.name} lives as long as the process`;
        problems.push(
          new SkepError('SKEP_INJECTION_INVALID', message, { place, remedy: keepsRun }),
        );
      }
      if (service?.type === undefined) continue;
      const at = `class ${service.type.name}, needed by ${place}`;
      problems.push(...this.follow(service.type, service.lifetime, at, [...path, type]));
    }
    return problems;
  }

  /** What answers to a token: with the class that the container would make, where it makes one. Undefined for nothing. */
  #serviceFor(
    token: unknown,
  ): { readonly lifetime: Lifetime; readonly type?: InjectedClass } | undefined {
    if (this.#runTokens.has(token)) return { lifetime: 'run' };
    if (!this.#container.isRegistered(token as InjectionToken, true)) return undefined;
    const registration = registrationOf(this.#container, token);
    const { useClass, useToken } = registration?.provider ?? {};
    const isSingleton = registration?.options?.lifecycle === Lifecycle.Singleton;
    if (useToken !== undefined && useToken !== token) {
      const target = this.#serviceFor(useToken);
      return target && isSingleton ? { ...target, lifetime: 'process' } : target;
    }
    // Values and factories: what is inside of them is their author's.
    if (typeof useClass !== 'function') return { lifetime: 'process' };
    const isOfRun = registration?.options?.lifecycle === Lifecycle.ContainerScoped;
    // One that is made anew for whoever asks lives as long as that one: what it needs itself decides.
    const lifetime = isOfRun || (!isSingleton && this.#needsRun(useClass)) ? 'run' : 'process';
    return { lifetime, type: useClass };
  }

  #needsRun(type: InjectedClass, path: readonly InjectedClass[] = []): boolean {
    if (path.includes(type)) return false;
    return constructorParameters(type).some(({ token }) => {
      if (this.#runTokens.has(token)) return true;
      const registration = registrationOf(this.#container, token);
      if (registration?.options?.lifecycle === Lifecycle.Singleton) return false;
      if (registration?.options?.lifecycle === Lifecycle.ContainerScoped) return true;
      const useClass = registration?.provider?.useClass;
      return typeof useClass === 'function' && this.#needsRun(useClass, [...path, type]);
    });
  }
}

interface Registration {
  readonly provider?: { readonly useClass?: InjectedClass; readonly useToken?: unknown };
  readonly options?: { readonly lifecycle?: Lifecycle };
}

/**
 * How a token is registered. tsyringe does not say, so this reads its registry; where a later version keeps it otherwise, the
 * check does not follow what is registered by class, and finds the rest.
 */
function registrationOf(container: unknown, token: unknown): Registration | undefined {
  for (let at = container; typeof at === 'object' && at !== null; at = parentOf(at)) {
    const registry: unknown = '_registry' in at ? at._registry : undefined;
    if (!(registry instanceof Object && 'get' in registry && 'has' in registry)) return undefined;
    const { get, has } = registry;
    if (typeof get !== 'function' || typeof has !== 'function') return undefined;
    if (has.call(registry, token) === true) return get.call(registry, token) as Registration;
  }
  return undefined;
}

const parentOf = (container: object): unknown =>
  'parent' in container ? container.parent : undefined;

const dataSourcePrefix = 'skep.datasource.';

function nameOf(token: unknown): string {
  if (typeof token === 'function') return `the class ${token.name}`;
  if (typeof token !== 'symbol') return JSON.stringify(token) ?? String(token);
  const description = token.description ?? '';
  if (!description.startsWith(dataSourcePrefix)) return `Symbol(${description})`;
  return `the data source "${description.slice(dataSourcePrefix.length)}"`;
}

function nothingAnswers(needs: string, token: unknown, place: string): SkepError {
  const problem = (why: string, remedy: string): SkepError =>
    new NotRegisteredError('SKEP_INJECTION_INVALID', `${needs}, ${why}`, { place, remedy });
  if (typeof token === 'function') {
    return problem(
      'which nobody registered and which is not marked @injectable()',
      `Put @injectable() on ${token.name}, or register it in register() of a plugin.`,
    );
  }
  if (typeof token === 'symbol' && token.description?.startsWith(dataSourcePrefix)) {
    const message = `${needs}, which no enabled plugin contributes`;
    const remedy =
      'Enable the plugin that contributes it, or write contributes: [dataSource(…)] in yours.';
    return new SkepError('SKEP_INJECTION_INVALID', message, { place, remedy });
  }
  return problem(
    'and nothing is registered under it',
    `Register it in register() of a plugin: container.registerInstance(${nameOf(token)}, …).`,
  );
}

/** Nothing is registered under a token. Before the plugins have started, `start()` of one of them may still register it. */
export class NotRegisteredError extends SkepError {}

const keepsRun =
  'Give the class the lifetime of a run, @injectable(); or inject ApplicationDatabase, which belongs to the process, instead of Maria.';

function circle(types: readonly InjectedClass[], place: string): SkepError {
  const names = types.map(({ name }) => name).join(' -> ');
  const message = `classes need each other: ${names}`;
  const remedy = 'Take out one of the constructor parameters, or hand the value over in a method.';
  return new SkepError('SKEP_INJECTION_INVALID', message, { place, remedy });
}
