// The extension points of plugins that serve the runtime itself: the store of executions, and roles in the background.
import type { DependencyContainer } from 'tsyringe';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { Logger } from '../log/logger.js';
import type { Broker } from '../ports/broker.js';
import type { ExecutionStore } from '../ports/execution-history.js';
import type { Seams } from '../seams.js';
import type { TaskRegistry } from '../tasks/registry.js';
import { type Contribution, extensionPoint, functionProblem } from './plugin.js';

/** What a store is made of. Nothing is open yet; `container` has the application's database. */
export interface StoreParts {
  readonly container: DependencyContainer;
  readonly registry: TaskRegistry;
  readonly logger: Logger;
  readonly seams: Seams;
  /** The options of the plugin that contributes it. */
  readonly options: unknown;
}

export type MakeStore = (parts: StoreParts) => ExecutionStore;

/** Where a plugin contributes the store of tracked executions; one of the enabled plugins may. */
export const executionStores = extensionPoint<MakeStore>('execution store', functionProblem);

/** Contributes the place where tracked executions are recorded. */
export function executionStore(make: MakeStore): Contribution<MakeStore> {
  return { point: executionStores, value: make };
}

/** What goes on in the background of every runtime that consumes queues, and of no other process but for `whenRunning`. */
export interface Role {
  /** Names it in logs. */
  readonly name: string;
  /**
   * True for what belongs to a runtime that serves: it begins when the startup tasks are over, and not at all with `--once`.
   */
  readonly whenServing?: boolean;
  /** True for what `skep run` of a tracked task has too, which consumes no queue: it says that this process lives. */
  readonly whenRunning?: boolean;
  /** Begins, without waiting for the work that it will do. */
  start(): Promise<void> | void;
  /** Ends, and waits for what is under way. Safe to call twice, and before the start. */
  stop(): Promise<void>;
}

export interface RoleParts extends StoreParts {
  readonly broker: Broker;
  readonly dispatcher: Dispatcher;
  /** Undefined when no plugin contributes one. */
  readonly store: ExecutionStore | undefined;
  /** Name of the worker, as in logs. */
  readonly worker: string;
}

export type MakeRole = (parts: RoleParts) => Role;

/** Where plugins contribute roles. */
export const roles = extensionPoint<MakeRole>('role', functionProblem);

/** Contributes a role in the background of the runtime. */
export function role(make: MakeRole): Contribution<MakeRole> {
  return { point: roles, value: make };
}
