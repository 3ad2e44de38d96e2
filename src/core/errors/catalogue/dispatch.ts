// Dispatch, the record of executions and schedules.
import { type CatalogueEntry, entry } from './entry.js';

export const dispatchErrors = {
  SKEP_TASK_UNKNOWN: entry(
    2,
    'No enabled plugin has a task with this code.',
    'Check the spelling with `skep tasks`; enable the plugin that has the task. Its executions that were quarantined meanwhile can then be replayed.',
  ),
  SKEP_PAYLOAD_INVALID: entry(
    2,
    "The payload holds what JSON cannot say, or does not fit the task's schema.",
    'Change the payload to what the message expects.',
  ),
  SKEP_PAYLOAD_TIMEOUT: entry(
    1,
    'The payload schema of a task did not answer in time.',
    'See what the schema waits for: a server that does not answer, or a promise that never settles.',
  ),
  SKEP_PAYLOAD_TOO_LARGE: entry(
    2,
    'The payload is larger than limits.payload in plugins.json.',
    'Store the data and send a reference to it, or raise the limit.',
  ),
  SKEP_DUPLICATE: entry(
    1,
    'Another execution holds the unique key of this dispatch, and the task rejects duplicates.',
    'Wait until the execution that the message names has ended, or cancel it. Where the task is unique for a time, the key is held for so long from its dispatch on, ended or not.',
  ),
  SKEP_EXECUTION_UNKNOWN: entry(
    2,
    'There is no execution with this id.',
    'Check the id with `skep executions list`; finished ones are kept for a limited time.',
  ),
  SKEP_EXECUTION_ABANDONED: entry(
    1,
    'An execution is running on record, and the queue does not know it: its worker is gone, the queue was emptied, or `skep run` performs it.',
    'Wait until a runtime has found that out, within a minute, and retries or fails it; then cancel what is left. What `skep run` performs is in no queue: stop that process, whose name `skep executions show` has.',
  ),
  SKEP_WAIT_SAME_QUEUE: entry(
    2,
    'A run waits for an execution of its own queue. It keeps its slot meanwhile; as soon as all slots wait like this, the queue stands still for good.',
    'Perform the task within the run with context.call, put it into another queue, or let the run end and have the other task dispatch what follows.',
  ),
  SKEP_WAIT_TIMEOUT: entry(
    1,
    'An execution that was waited for had not ended in the given time. It goes on.',
    'Wait longer, or look later with `skep executions show ID`. `skep workers` and `skep queues` say whether somebody works on it.',
  ),
  SKEP_DISPATCH_INVALID: entry(
    2,
    'The options of a dispatch contradict each other or cannot be read.',
    'Correct the option that the message names: a duration such as 5m, a time in ISO 8601; delay or at, not both.',
  ),
  SKEP_PAYLOAD_NOT_KEPT: entry(
    2,
    'An execution is to be replayed whose payload was not kept after its end.',
    'Give one with --payload. For later executions, leave keepPayload out of @Tracked; a payload over 64 KiB is kept of tracked ones alone.',
  ),
  SKEP_NOT_TRACKING: entry(
    2,
    'A task is @Tracked, or something else needs the record of executions, and no plugin of this installation keeps one; or context.complete was asked for in an execution that is not tracked.',
    'Enable the plugin skep/plugins/tracking in plugins.json; for context.complete, add @Tracked() to the task and dispatch it again.',
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
} as const satisfies Record<string, CatalogueEntry>;
