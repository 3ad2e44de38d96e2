// The public API of Skep: what task and plugin authors import from 'skep'.
import 'reflect-metadata';

export {
  type Dispatched,
  type DispatchedAll,
  Dispatcher,
  type DispatchOptions,
  type DispatchRequest,
  type DispatchRequests,
  type FinishedExecution,
  type TaskList,
  type TransactionalDispatcher,
} from './core/dispatch/dispatcher.js';
export { type Duration, duration } from './core/duration.js';
export { type CatalogueEntry, type ErrorCode, errorCatalogue } from './core/errors/catalogue.js';
export type { AnyErrorCode, PluginErrorEntry } from './core/errors/entries.js';
export { SkepError, type SkepErrorOptions, SkepProblems } from './core/errors/skep-error.js';
export {
  transient,
  transientDatabase,
  transientNetwork,
} from './core/errors/transient/transient.js';
export type {
  AttemptRecord,
  AttemptReport,
  ExecutionDetails,
  ExecutionState,
  ExecutionView,
  FinalState,
  LedgerSummary,
  RecordedError,
} from './core/execution.js';
export type { WaitOptions } from './core/executions/wait.js';
export {
  type Contribution,
  definePlugin,
  type ExtensionPoint,
  extensionPoint,
  type Plugin,
  type PluginContext,
  type PluginDefinition,
  type PluginStartContext,
} from './core/host/plugin.js';
export { type Finding, type Probe, probe } from './core/host/probe.js';
export {
  executionStore,
  type MakeRole,
  type MakeStore,
  type Role,
  type RoleParts,
  role,
  type StoreParts,
} from './core/host/role.js';
export type { JsonValue } from './core/json.js';
export type { LogFields, Logger } from './core/log/logger.js';
export type {
  ExecutionHistory,
  ExecutionStore,
  HistoryFilter,
  HistoryPage,
} from './core/ports/execution-history.js';
export type {
  Beginning,
  NotCurrent,
  PendingExecution,
  Recorded,
  TrackedAttempt,
  Tracker,
  Transaction,
} from './core/ports/tracker.js';
export {
  HardTimeLimitExceeded,
  RuntimeStopping,
  SoftTimeLimitExceeded,
} from './core/run/interruptions.js';
export { type RetryRequest, RunContext } from './core/run/run-context.js';
export type {
  BackoffFunction,
  ErrorMatcher,
  RetryOptions,
  ScheduleOptions,
  TaskOptions,
  TimeLimitOptions,
  TrackedOptions,
} from './core/tasks/declaration.js';
export {
  Retry,
  Schedule,
  Task,
  type TaskDecorator,
  TimeLimit,
  Tracked,
} from './core/tasks/decorators.js';
export type { Priority, RateLimit, UniqueOptions } from './core/tasks/flow-options.js';
export type { Token, TokenHolder } from './core/tasks/inject.js';
export { inject, injectionToken } from './core/tasks/inject.js';
export {
  type InjectableOptions,
  injectable,
  type Lifetime,
  perProcess,
  perRun,
} from './core/tasks/injectable.js';
export type {
  Accepts,
  Payload,
  PayloadInput,
  PayloadOf,
  ResultOf,
  TaskClass,
  TaskInstance,
} from './core/tasks/task-class.js';
export {
  ApplicationDatabase,
  BioStar,
  ConnectionError,
  type DataSourceDeclaration,
  type DataSourceDefinition,
  type Dialect,
  dataSource,
  defineDataSource,
  type Entity,
  entities,
  Hris,
  Maria,
  type MigrationClass,
  migrations,
  QueryFailedError,
  type ScopedDataSource,
} from './datasources/index.js';
