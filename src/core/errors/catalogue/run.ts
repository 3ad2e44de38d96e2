// One run.
import { type CatalogueEntry, entry } from './entry.js';

export const runErrors = {
  SKEP_RESULT_INVALID: entry(
    1,
    'A task returned something that JSON cannot say: a Map, a Set, a Date, NaN, a function, a bigint, a circle, bytes.',
    'Return plain JSON data or nothing; the message names the path of what is not.',
  ),
  SKEP_RESULT_TOO_LARGE: entry(
    1,
    'The result of a task is larger than limits.result in plugins.json.',
    'Return a summary and store the data elsewhere, or raise the limit.',
  ),
  SKEP_ENVELOPE_NEWER: entry(
    1,
    'A newer version of Skep has queued the execution, and this version cannot read it.',
    'Start a worker of the newer version; for `worker.unknownTaskTimeout` the execution waits for one. Then replay it.',
  ),
  SKEP_ENVELOPE_INVALID: entry(
    1,
    'What a queue or the record holds of an execution is no envelope.',
    'Look at the quarantined record; something else writes into the queue or the tables.',
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
  SKEP_COMPLETE_IN_CALL: entry(
    1,
    'A task that another task calls asked for context.complete. It has no execution of its own that could be completed.',
    'Dispatch the task instead of calling it. Or move what both do into a function that takes the manager, and complete in the calling task.',
  ),
  SKEP_PROGRESS_INVALID: entry(
    1,
    'context.progress was given something other than a fraction from 0 to 1: a percentage, or NaN from a division by zero.',
    'Give what is done divided by all there is; for a percentage, divide by 100.',
  ),
  SKEP_RETRY_REQUESTED: entry(
    1,
    'The task asked for a retry and none is left.',
    'Raise maxRetries, or find out why the task keeps asking.',
  ),
  SKEP_NOT_BEGUN: entry(
    1,
    'The beginning of a tracked run could not be recorded within five seconds, so its code did not start.',
    'The log says why, for the most part a database that is out of reach. Run it again when that is mended.',
  ),
  SKEP_RUN_STOPPED: entry(
    1,
    'A signal stopped the process of `skep run` before its run had ended. No queue has it, so nobody goes on with it.',
    'Run it again, or dispatch it: what the queue has is performed by the next worker.',
  ),
  SKEP_RUN_DIED: entry(
    1,
    'The process of `skep run` died, or was silent for five minutes, before the run had ended; how far its code came is not known.',
    'Look at what it had written, and run it again: `skep executions replay` queues the same work.',
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
    'Something of a run was used, or its code dispatched, after the run had ended.',
    'Await everything that the task starts before run() returns; forEach with an async function awaits nothing.',
  ),
  SKEP_WORK_NOT_AWAITED: entry(
    1,
    'run() returned while a use, a transaction, a call or a wait for an execution that it had begun was unfinished, or the function of a use or transaction returned while a statement of it was: an `await` is missing. The work was cut off, and its open transactions were rolled back.',
    'Await all work before run() returns, and all statements before the function that was given the manager does: `for (const x of list) await …`, or `await Promise.all(list.map(…))`; forEach with an async function awaits nothing.',
  ),
} as const satisfies Record<string, CatalogueEntry>;
