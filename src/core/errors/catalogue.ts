// The catalogue of errors: every SKEP_* code with what causes it and what a person does about it.
// docs/errors.md is compared with it by a test.

/** How a command that ends with the error exits: 1 the work failed, 2 usage or configuration, 3 a needed service is out of reach. */
export type ExitCode = 1 | 2 | 3;

export interface CatalogueEntry {
  readonly cause: string;
  readonly remedy: string;
  readonly exitCode: ExitCode;
}

const entry = (exitCode: ExitCode, cause: string, remedy: string): CatalogueEntry => ({
  cause,
  remedy,
  exitCode,
});

export const errorCatalogue = {
  // Configuration and boot
  SKEP_CONFIG_NOT_FOUND: entry(
    2,
    'There is no plugins.json where Skep looked.',
    'Run in the folder that holds plugins.json, or name it with --config.',
  ),
  SKEP_CONFIG_SYNTAX: entry(
    2,
    'plugins.json is not valid JSON.',
    'Mend the line and column that the message names.',
  ),
  SKEP_CONFIG_INVALID: entry(
    2,
    'A value or key in plugins.json or in the environment is not what is expected there.',
    'Change the named place to what the message expects.',
  ),
  SKEP_PLUGIN_NOT_FOUND: entry(
    2,
    'The module of a plugin cannot be found.',
    'Correct the module in plugins.json, or install the package.',
  ),
  SKEP_PLUGIN_LOAD: entry(
    2,
    'A plugin threw while its module was loaded.',
    "Mend the plugin; --verbose shows the plugin's own error.",
  ),
  SKEP_PLUGIN_INVALID: entry(
    2,
    'A module is not a plugin, or its manifest is not valid.',
    'Export definePlugin({ … }) as default and mend what the message names.',
  ),
  SKEP_PLUGIN_DEPENDENCY: entry(
    2,
    'A plugin needs another one that is missing, disabled, too old, or that needs it in turn.',
    'Enable the named plugin in plugins.json, or update it.',
  ),
  SKEP_PLUGIN_START: entry(
    2,
    'A plugin failed to start, or did not start before its deadline.',
    'Read the cause; raise startTimeout in plugins.json when the plugin is merely slow.',
  ),
  SKEP_TASK_INVALID: entry(
    2,
    'A task class is declared wrongly.',
    'Mend the decorator or the constructor parameter that the message names.',
  ),
  SKEP_TASK_DUPLICATE: entry(
    2,
    'Two task classes have the same code.',
    'Give one of them another code.',
  ),
  // Dispatch
  SKEP_TASK_UNKNOWN: entry(
    2,
    'No enabled plugin has a task with this code.',
    'Check the spelling with `skep tasks`; enable the plugin that has the task.',
  ),
  SKEP_PAYLOAD_NOT_KEPT: entry(
    2,
    'An execution is to be replayed whose payload was not kept after its end.',
    'Give one with --payload, or leave keepPayload out of @Tracked.',
  ),
  SKEP_NOT_TRACKING: entry(
    2,
    "Something was asked for that needs the record of executions in the application's database.",
    'Enable the plugin skep/plugins/tracking in plugins.json.',
  ),
  SKEP_NO_TRANSACTION: entry(
    2,
    'A manager without an open transaction was given where a transaction is needed.',
    'Give the manager that maria.transaction(...) hands to its work.',
  ),
  SKEP_STALE_ATTEMPT: entry(
    1,
    'A run recorded something about an execution that has ended meanwhile or belongs to a later attempt.',
    'Nothing: let the error roll the transaction back. What counts is in `skep executions show ID`.',
  ),
  SKEP_STORE_CLOSED: entry(
    1,
    'The record of executions was used after the runtime had closed it.',
    'Nothing: the runtime was ending. If it persists, report it.',
  ),
  SKEP_PAYLOAD_INVALID: entry(
    2,
    "The payload is not JSON, or does not fit the task's schema.",
    'Change the payload to what the message expects.',
  ),
  SKEP_PAYLOAD_TOO_LARGE: entry(
    2,
    'The payload is larger than limits.payload in plugins.json.',
    'Store the data and send a reference to it, or raise the limit.',
  ),
  SKEP_DUPLICATE: entry(
    1,
    'An unfinished execution holds the unique key of this dispatch, and the task rejects duplicates.',
    'Wait for the execution that the message names, or cancel it.',
  ),
  SKEP_EXECUTION_UNKNOWN: entry(
    2,
    'There is no execution with this id.',
    'Check the id with `skep executions list`; finished ones are kept for a limited time.',
  ),
  SKEP_DISPATCH_INVALID: entry(
    2,
    'The options of a dispatch contradict each other or cannot be read.',
    'Give a delay such as 5m or a time in ISO 8601, not both.',
  ),
  // Schedules
  SKEP_SCHEDULE_INVALID: entry(
    2,
    'A schedule is declared wrongly: its times, its zone, its payload or its name.',
    'Change the named schedule to what the message expects; `skep schedules next --cron` shows what a pattern means.',
  ),
  SKEP_SCHEDULE_UNKNOWN: entry(
    2,
    'There is no schedule with this name.',
    'Check the name with `skep schedules list`.',
  ),
  SKEP_NOT_SCHEDULING: entry(
    2,
    'Schedules were asked for, and no plugin of this installation runs them.',
    'Enable skep/plugins/scheduler and skep/plugins/tracking in plugins.json.',
  ),
  SKEP_TICK_MISSED: entry(
    1,
    'A time of a schedule was found later than its misfireGrace, because no runtime or no database was there.',
    'Raise misfireGrace when late is better than never; `skep schedules run NAME` runs it now.',
  ),
  SKEP_TICK_COALESCED: entry(
    1,
    'Several times of a schedule were late together, and only the latest of them is run.',
    'Nothing; set coalesce to false when each of them counts.',
  ),
  SKEP_TICK_OVERLAPPING: entry(
    1,
    'A time of a schedule came while as many of its executions as maxInstances were unfinished.',
    'Schedule it less often, make the task faster, or raise maxInstances.',
  ),
  // One run
  SKEP_RESULT_INVALID: entry(
    1,
    'A task returned something that is not JSON (cyclic, a BigInt, a function).',
    'Return plain JSON data or nothing.',
  ),
  SKEP_RESULT_TOO_LARGE: entry(
    1,
    'The result of a task is larger than limits.result in plugins.json.',
    'Return a summary and store the data elsewhere, or raise the limit.',
  ),
  SKEP_ENVELOPE_INVALID: entry(
    1,
    'A queue delivered something that is not an envelope of this version of Skep.',
    'Look at the quarantined record; something else writes into the queue, or versions are mixed.',
  ),
  SKEP_SOFT_TIME_LIMIT: entry(
    1,
    'The attempt ran longer than its soft time limit and was aborted.',
    'Raise the limit, do less in one execution, or pass context.signal on.',
  ),
  SKEP_HARD_TIME_LIMIT: entry(
    1,
    'The attempt ran longer than its hard time limit and was ended.',
    'Raise the limit, do less in one execution, or pass context.signal on.',
  ),
  SKEP_RETRY_REQUESTED: entry(
    1,
    'The task asked for a retry and none is left.',
    'Raise maxRetries, or find out why the task keeps asking.',
  ),
  SKEP_CRASHED_TOO_OFTEN: entry(
    1,
    'The process died during this execution more than maxCrashes times.',
    'Look for process.exit, memory exhaustion or a native fault in the task, then dispatch it again.',
  ),
  SKEP_ABORTED: entry(
    1,
    'The runtime was stopping and the run was aborted.',
    'Nothing: the delivery was handed back and runs again.',
  ),
  SKEP_CANCELLED: entry(
    1,
    'The execution was cancelled with `skep executions cancel`.',
    'Nothing; dispatch it again if it is wanted after all.',
  ),
  SKEP_EXPIRED: entry(
    1,
    'The execution had not begun when it expired.',
    'Start more workers, or raise `expires` of the task.',
  ),
  SKEP_THREAD_DIED: entry(
    1,
    'The worker thread of an isolated task ended by itself.',
    'Look for process.exit or memory exhaustion in the task.',
  ),
  SKEP_SCOPE_CLOSED: entry(
    1,
    'Something of a run was used after the run had ended.',
    'Await everything that the task starts before run() returns.',
  ),
  // Data sources
  SKEP_DATASOURCE_URL: entry(
    2,
    'The URL of a data source cannot be read or names an unknown engine.',
    'Use mysql://, mariadb://, postgres://, mssql:// or sqlite: URLs.',
  ),
  SKEP_DRIVER_MISSING: entry(
    2,
    'The driver of this database engine is not installed.',
    'Install the package that the message names.',
  ),
  SKEP_CONNECT_FAILED: entry(
    3,
    'A database cannot be reached.',
    'Check that the server runs and that the URL names the right host, port and database.',
  ),
  SKEP_ACCESS_DENIED: entry(
    3,
    'A database refused the user or the password.',
    'Check user and password in the URL and the rights of that user.',
  ),
  SKEP_CONNECTION_LOST: entry(
    3,
    'A database ended a connection while a statement was on its way.',
    "Look into the server's log; @Retry with ConnectionError tries again.",
  ),
  SKEP_LEASE_ENDED: entry(
    1,
    'A manager was used after the use or transaction that gave it, or a connection was asked for beside it.',
    'Await everything inside the callback, and use only the manager that it is given.',
  ),
  SKEP_LEASE_TIMEOUT: entry(
    3,
    'No connection became free in time.',
    "Raise the source's pool.max, lower the concurrency, or hold connections for less time.",
  ),
  SKEP_READ_ONLY: entry(
    1,
    'A statement that writes was sent to a read-only data source.',
    'Write to Maria; HRIS and BioStar are read only.',
  ),
  SKEP_DATABASE_FILE: entry(
    3,
    'A SQLite file is corrupt, is not a database, or cannot be opened.',
    'Restore the file from a backup, or move it away to begin anew.',
  ),
  SKEP_SCHEMA_BEHIND: entry(
    2,
    'The database lacks migrations of the enabled plugins.',
    'Run `skep migrate`.',
  ),
  SKEP_SCHEMA_NEWER: entry(
    2,
    'The database was migrated by a newer version.',
    'Update Skep and its plugins, or use another database.',
  ),
  // Queue and data folder
  SKEP_DATA_DIR_IN_USE: entry(
    3,
    'Another runtime owns the data folder.',
    'Stop that runtime, or set SKEP_DATA_DIR to another folder.',
  ),
  SKEP_DATA_DIR_UNUSABLE: entry(
    3,
    'The data folder cannot be created, is read only, or its disk is full.',
    'Free space, mend the rights, or set SKEP_DATA_DIR to another folder.',
  ),
  SKEP_QUEUE_UNREACHABLE: entry(
    3,
    'The queue did not answer in time.',
    'Check that Redis runs and that REDIS_URL names the right host and port.',
  ),
  SKEP_QUEUE_REFUSED: entry(
    3,
    'Redis refused the connection or a command.',
    'Check user and password in REDIS_URL, and the rights of that user.',
  ),
  SKEP_QUEUE_UNFIT: entry(
    3,
    'The Redis server cannot serve as a queue.',
    'Use Redis 6.2 or newer, writable, with maxmemory-policy noeviction.',
  ),
  SKEP_STALE_DELIVERY: entry(
    1,
    'A delivery was settled that no longer belongs to this worker.',
    'Nothing: the later attempt decides. Look for a process that was frozen.',
  ),
  SKEP_BROKER_CLOSED: entry(
    3,
    'The queue was used after it had been closed.',
    'Dispatch before the runtime stops.',
  ),
  // Command line
  SKEP_USAGE: entry(2, 'The command line cannot be read.', 'See `skep --help`.'),
  SKEP_INTERNAL: entry(
    1,
    'An error that Skep did not expect.',
    'Run again with --verbose and report what it prints.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;
