// Conversions between the rows of tracked executions and what the core knows: times, views, envelopes, reports. The one
// place that knows how both dialects keep them.
import type { Envelope } from '../../../core/envelope.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import type {
  AttemptRecord,
  AttemptReport,
  ExecutionState,
  ExecutionView,
  RecordedError,
} from '../../../core/execution.js';
import { storedReport } from '../../../core/executions/stored-report.js';
import { formatBytes, type JsonValue } from '../../../core/json.js';
import { sumLedgers } from '../../../core/run/ledgers.js';
import type { ApplicationDatabase } from '../../../datasources/index.js';

/** The dialects that have the tables. */
export type StoreDialect = 'mariadb' | 'sqlite';

/** @throws SkepError `SKEP_DATASOURCE_URL` when the application's database is of another engine. */
export function storeDialect({
  name,
  dialect,
}: Pick<ApplicationDatabase, 'name' | 'dialect'>): StoreDialect {
  if (dialect === 'mariadb' || dialect === 'sqlite') return dialect;
  const message = `${name} is ${dialect}; tracked executions are recorded in MariaDB, MySQL or SQLite`;
  const remedy =
    'Give MARIA_URL a mysql:, mariadb: or sqlite: URL, or disable skep/plugins/tracking.';
  throw new SkepError('SKEP_DATASOURCE_URL', message, { remedy });
}

/** What DATETIME can hold; a time beyond it is kept as its border. */
const earliestMs = Date.UTC(1000, 0, 1);
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Milliseconds since 1970 UTC as both dialects store and compare them: `2026-11-22 23:30:00.123000`. */
export function columnTime(ms: number): string {
  if (ms !== last.ms) last = { ms, text: textOf(ms) };
  return last.text;
}

function textOf(ms: number): string {
  const within = Math.min(latestMs, Math.max(earliestMs, Math.trunc(ms)));
  return `${new Date(within).toISOString().slice(0, 23).replace('T', ' ')}000`;
}

/** Of a group that is written, many times are the same. */
let last = { ms: 0, text: textOf(0) };

/** Like {@link columnTime}, where there may be none. */
export function optionalTime(ms: number | undefined): string | null {
  return ms === undefined ? null : columnTime(ms);
}

/** A column of a time, as either driver gives it. */
export type TimeColumn = Date | string | null;

const beginsWithDay = /^\d{4}-\d\d-\d\d/;

/** Milliseconds since 1970 UTC; undefined for NULL, NaN for what is no time. */
export function msOf(time: TimeColumn | undefined): number | undefined {
  if (time === null || time === undefined) return undefined;
  if (time instanceof Date) return time.getTime();
  // SQLite keeps bytes where somebody writes them, whatever the column is declared as, and gives a number back as text, of
  // which Date.parse would make a year: of "5" it makes 2001.
  if (typeof time !== 'string' || !beginsWithDay.test(time)) return Number.NaN;
  return Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`);
}

/** The database's own clock, as an expression that compares with the columns. */
export function databaseNow(dialect: StoreDialect): string {
  return dialect === 'mariadb' ? 'UTC_TIMESTAMP(6)' : "strftime('%Y-%m-%d %H:%M:%f000', 'now')";
}

/** The database's own clock so many milliseconds later; earlier when negative. For a constant of the code, not for input. */
export function databaseTimeAfter(dialect: StoreDialect, ms: number): string {
  const whole = Math.trunc(ms);
  return dialect === 'mariadb'
    ? `(UTC_TIMESTAMP(6) + INTERVAL ${whole * 1_000} MICROSECOND)`
    : `strftime('%Y-%m-%d %H:%M:%f000', 'now', '${whole < 0 ? '' : '+'}${(whole / 1_000).toFixed(3)} seconds')`;
}

/** Columns of `execution`, without its `seq`. */
export interface ExecutionRow {
  readonly id: string;
  readonly task: string;
  readonly status: ExecutionState;
  /** The lane: queue and priority in one. */
  readonly queue: string;
  readonly payload: string | null;
  readonly triggered_by: string;
  readonly triggered_by_user_id: string | null;
  readonly schedule: string | null;
  readonly scheduled_for: TimeColumn;
  readonly created_at: TimeColumn;
  readonly available_at: TimeColumn;
  readonly started_at: TimeColumn;
  readonly completed_at: TimeColumn;
  readonly attempts: number;
  readonly retries: number;
  readonly crashes: number;
  readonly next_attempt_at: TimeColumn;
  readonly result: string | null;
  readonly result_summary: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly worker: string | null;
  readonly fence: number;
  readonly replay_of: string | null;
  readonly parent: string | null;
  readonly expires_at: TimeColumn;
  readonly unique_key: string | null;
  readonly unique_until: TimeColumn;
  /** JSON object of the fields of the envelope that have no column of their own; NULL when there are none. */
  readonly further_fields: string | null;
}

/** What to SELECT for an {@link ExecutionRow}. */
export const executionColumns = [
  'id, task, status, queue, payload, triggered_by, triggered_by_user_id, schedule, scheduled_for, created_at, available_at, started_at',
  'completed_at, attempts, retries, crashes, next_attempt_at, result, result_summary, error_code, error_message',
  'worker, fence, replay_of, parent, expires_at, unique_key, unique_until, further_fields',
].join(', ');

/** A longer result is not read for a table. */
const longestBriefResult = 4_096;

/** What to SELECT where payloads are not shown, nor long results: `result_length` says how long. */
export const briefColumns = executionColumns
  .replace(', payload,', ', NULL AS payload,')
  .replace(
    ', result,',
    `, CASE WHEN LENGTH(result) > ${longestBriefResult} THEN NULL ELSE result END AS result, LENGTH(result) AS result_length,`,
  );

/** A row of {@link briefColumns} with a word about the result that was left out. */
export function withResultNote<R extends ExecutionRow>(
  row: R & { readonly result_length?: unknown },
): R {
  const length = Number(row.result_length ?? 0);
  if (row.result_summary !== null || length <= longestBriefResult) return row;
  return { ...row, result_summary: `a result of ${formatBytes(length)}` };
}

/** As people see it. A payload that was not kept is null. */
export function executionView(row: ExecutionRow): ExecutionView {
  const view: ExecutionView = {
    id: row.id,
    task: row.task,
    queue: row.queue,
    state: row.status,
    attempt: row.attempts,
    crashes: row.crashes,
    payload: shownJson(row.payload) ?? null,
    dispatchedAt: shownTime(row.created_at) ?? 0,
    availableAt: shownTime(row.available_at) ?? 0,
    triggeredBy: row.triggered_by,
    tracked: true,
  };
  return {
    ...view,
    ...present('startedAt', shownTime(row.started_at)),
    ...present('finishedAt', shownTime(row.completed_at)),
    ...present('worker', row.worker),
    ...present('result', shownJson(row.result)),
    ...present('summary', row.result_summary),
    ...present('error', errorOf(row)),
    ...present('schedule', row.schedule),
    ...present('scheduledFor', shownTime(row.scheduled_for)),
    ...present('nextAttemptAt', shownTime(row.next_attempt_at)),
    ...present('parent', row.parent),
    ...present('replayOf', row.replay_of),
    ...present('userId', row.triggered_by_user_id),
  };
}

/** What is queued for it, or queued again: with the retries and crashes that are on record. */
export function envelopeOf(row: ExecutionRow): Envelope {
  const until = msOf(row.unique_until);
  return {
    ...furtherFieldsOf(row),
    v: 1,
    id: row.id,
    task: row.task,
    queue: row.queue,
    // Undefined, against the type, where it was not kept: it is for whoever wants to dispatch again to say so.
    payload: jsonOf(row.payload) as JsonValue,
    attempt: row.retries + 1,
    dispatchedAt: msOf(row.created_at) ?? 0,
    triggeredBy: row.triggered_by,
    tracked: true,
    ...present('scheduledFor', msOf(row.scheduled_for)),
    ...present('parent', row.parent),
    ...present('expiresAt', msOf(row.expires_at)),
    ...(row.unique_key === null
      ? {}
      : { unique: { key: row.unique_key, ...present('until', until) } }),
    ...(row.crashes > 0 ? { crashes: row.crashes } : {}),
    ...present('schedule', row.schedule),
    ...present('replayOf', row.replay_of),
    ...present('userId', row.triggered_by_user_id),
  };
}

/** @throws SyntaxError when it is no JSON object. */
function furtherFieldsOf({ further_fields }: Pick<ExecutionRow, 'further_fields'>): object {
  if (further_fields === null) return {};
  const fields: unknown = JSON.parse(further_fields);
  if (isObject(fields)) return fields;
  throw new SyntaxError('further_fields is no JSON object');
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether no other attempt may follow: `skep run` performs it. */
export function isOnlyAttempt({ further_fields }: Pick<ExecutionRow, 'further_fields'>): boolean {
  const fields: unknown = shownJson(further_fields);
  return isObject(fields) && 'onlyAttempt' in fields && fields.onlyAttempt === true;
}

/** What its latest attempt came to; the ledger of it is with the attempt. */
export function reportOf(row: ExecutionRow): AttemptReport {
  const finishedAt = shownTime(row.completed_at) ?? 0;
  return {
    attempt: row.attempts,
    worker: row.worker ?? '',
    startedAt: shownTime(row.started_at) ?? finishedAt,
    finishedAt,
    ledger: sumLedgers([]),
    ...present('result', shownJson(row.result)),
    ...present('summary', row.result_summary),
    ...present('error', errorOf(row)),
  };
}

/** Columns of `execution_attempt`, without the id of its execution and the fence. */
export interface AttemptRow {
  readonly attempt: number;
  readonly worker: string;
  readonly started_at: TimeColumn;
  readonly completed_at: TimeColumn;
  readonly outcome: AttemptRecord['outcome'];
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly error_stack: string | null;
  readonly ledger: string | null;
}

/** What to SELECT for an {@link AttemptRow}. */
export const attemptColumns =
  'attempt, worker, started_at, completed_at, outcome, error_code, error_message, error_stack, ledger';

export function attemptRecord(row: AttemptRow): AttemptRecord {
  // What somebody has damaged is left out.
  const { ledger } = storedReport({ ledger: shownJson(row.ledger) });
  const error = errorOf(row);
  return {
    attempt: row.attempt,
    worker: row.worker,
    startedAt: shownTime(row.started_at) ?? 0,
    outcome: row.outcome,
    ...present('finishedAt', shownTime(row.completed_at)),
    ...present('error', error && { ...error, ...present('stack', row.error_stack) }),
    ...present('ledger', ledger),
  };
}

function errorOf(
  row: Pick<ExecutionRow, 'error_code' | 'error_message'>,
): RecordedError | undefined {
  if (row.error_code === null) return undefined;
  return { code: row.error_code, message: row.error_message ?? '' };
}

function jsonOf(text: string | null): JsonValue | undefined {
  return text === null ? undefined : (JSON.parse(text) as JsonValue);
}

/** For people: what is no JSON is shown as its text, so that one damaged row does not end a list. */
function shownJson(text: string | null): JsonValue | undefined {
  try {
    return jsonOf(text);
  } catch {
    return text ?? undefined;
  }
}

/** For people and for the record of an attempt: a time that cannot be read is left out. */
export function shownTime(time: TimeColumn): number | undefined {
  const ms = msOf(time);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A key that is left out where there is nothing to say. */
function present<K extends string, T>(key: K, value: T | null | undefined): { [P in K]?: T } {
  // A computed key widens to string in the type of the literal.
  return value === null || value === undefined ? {} : ({ [key]: value } as { [P in K]?: T });
}
