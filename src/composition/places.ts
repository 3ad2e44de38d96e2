// Where the queue and the databases of an installation are, for the log; and which external ones are nowhere.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { constructorParameters, type InjectedClass } from '../core/tasks/constructor-tokens.js';
import { addressOf, type DataSourceDefinition, Maria, parseTarget } from '../datasources/index.js';
import { contributedSources, type SkepInstallation } from './installation.js';

export interface Places {
  /** `embedded: /srv/app/.skep/queue.db`, or the URL of Redis. */
  readonly queue: string;
  /** By the name of the data source: its URL, or its file; what is not there is left out. */
  readonly databases: Readonly<Record<string, string>>;
}

/** Where queue and databases are, without passwords. */
export function placesOf(installation: SkepInstallation): Places {
  const { environment, dataDir, file } = installation;
  const missing = new Set(missingSources(installation));
  const databases = contributedSources(installation.plugins)
    .definitions.filter((definition) => !missing.has(definition))
    .map((definition) => {
      const url = environment[definition.env];
      const address =
        url === undefined
          ? join(dataDir, definition.embeddedFile)
          : addressOf(parseTarget(definition, url, dirname(file)));
      return [definition.name, address] as const;
    });
  const { REDIS_URL: redis } = environment;
  return {
    queue: redis === undefined ? `embedded: ${join(dataDir, 'queue.db')}` : withoutPassword(redis),
    databases: Object.fromEntries(databases),
  };
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  const user = url.username === '' ? '' : `${url.username}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}

export interface MissingSource {
  readonly source: string;
  /** The variable that is not set. */
  readonly variable: string;
  /** Codes of the tasks that inject it, by themselves or through what they inject. */
  readonly tasks: readonly string[];
}

/** External data sources that tasks inject, whose URL is not set and of which there is no sample: such a task fails at its first use. */
export function missingSourcesOfTasks(installation: SkepInstallation): MissingSource[] {
  return missingSources(installation).flatMap(({ name, env, injectionToken }) => {
    const tasks = installation.registry.all
      .filter(({ taskClass }) => injects(taskClass, injectionToken))
      .map(({ code }) => code);
    return tasks.length === 0 ? [] : [{ source: name, variable: env, tasks }];
  });
}

/** What is no mistake on one machine, and one on two. */
export interface PlaceWarning {
  readonly message: string;
  readonly remedy: string;
}

/**
 * The queue is on Redis, where runtimes of several machines take from it, and Maria is the SQLite file of this one. Nobody is warned
 * who has set MARIA_URL, be it to nothing.
 */
export function mariaOfOneMachine({
  environment,
  emptyVariables,
}: Pick<SkepInstallation, 'environment' | 'emptyVariables'>): PlaceWarning | undefined {
  const { env } = Maria;
  const isDefault = environment[env] === undefined && !emptyVariables.has(env);
  if (environment.REDIS_URL === undefined || !isDefault) return undefined;
  return {
    message:
      'the queue is on Redis, and Maria is a SQLite file of this machine: with workers on two machines each would have tables and a record of executions of its own',
    remedy: `Set ${env} to a server that all of them reach; where one machine is all there is, write ${env}= (set to nothing).`,
  };
}

function missingSources({
  plugins,
  environment,
  dataDir,
}: SkepInstallation): DataSourceDefinition[] {
  return contributedSources(plugins).definitions.filter(
    ({ env, role, embeddedFile }) =>
      role === 'external' &&
      environment[env] === undefined &&
      !existsSync(join(dataDir, embeddedFile)),
  );
}

function injects(type: InjectedClass, sought: symbol, seen = new Set<unknown>()): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  return constructorParameters(type).some(
    ({ token }) => token === sought || (isClass(token) && injects(token, sought, seen)),
  );
}

const isClass = (token: unknown): token is InjectedClass => typeof token === 'function';
