// A job as bee-queue writes it, and what is kept of one that has ended.
import type { Envelope } from '../../../core/envelope.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import type {
  AttemptReport,
  ExecutionState,
  ExecutionView,
  FinalState,
} from '../../../core/execution.js';
import { storedReport } from '../../../core/executions/stored-report.js';
import type { JsonValue } from '../../../core/json.js';

/**
 * The JSON of a job with this envelope as its data.
 * @param kept what an earlier text of the job had beside that, of a newer version or of another program; it stays.
 * @throws SkepError `SKEP_PAYLOAD_INVALID`, `SKEP_DISPATCH_INVALID`.
 */
export function jobText(
  envelope: Envelope,
  availableAt: number,
  kept: KeptFields = noFields,
): string {
  const wholeMs = wholeTime(availableAt);
  const own = `"timestamp":${envelope.dispatchedAt},"stacktraces":[],"availableAt":${wholeMs}`;
  const options = `{${own}${fieldsText(kept.options)}}`;
  const data = envelopeText(envelope);
  return `{"data":${data},"options":${options},"status":"created"${fieldsText(kept.job)}}`;
}

/** What a job has beside what Skep writes of it. */
export interface KeptFields {
  readonly job: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

const noFields: KeptFields = { job: {}, options: {} };

/** Behind other fields. What is nested too deep to be written, as nobody's fields are, is let go. */
function fieldsText(fields: Readonly<Record<string, unknown>>): string {
  try {
    const text = JSON.stringify(fields).slice(1, -1);
    return text === '' ? '' : `,${text}`;
  } catch {
    return '';
  }
}

/** Rounded up: never delivered before its time. */
export function wholeTime(availableAt: number): number {
  const wholeMs = Math.ceil(availableAt);
  if (Number.isSafeInteger(wholeMs)) return wholeMs;
  throw new SkepError('SKEP_DISPATCH_INVALID', `${availableAt} is not a time to start at`);
}

function envelopeText(envelope: Envelope): string {
  try {
    return JSON.stringify(envelope);
  } catch (cause) {
    const message = `the payload of ${envelope.task} (${envelope.id}) is not JSON`;
    throw new SkepError('SKEP_PAYLOAD_INVALID', message, { cause });
  }
}

export interface Job {
  readonly text: string;
  /** The envelope, unverified; the whole when it is no job of bee-queue. */
  readonly raw: unknown;
  readonly availableAt: number | undefined;
  readonly isJson: boolean;
  readonly rest: KeptFields;
}

/** Reads a job; whoever wrote it, it does not throw. */
export function readJob(text: string): Job {
  const job = parsed(text);
  return { text, isJson: job !== text, ...contentOf(job), rest: restOf(job) };
}

function restOf(read: unknown): KeptFields {
  if (!isRecord(read) || !isRecord(read.options)) return noFields;
  const { data: _, options, status: __, ...job } = read;
  const { timestamp: ___, stacktraces: ____, availableAt: _____, ...others } = read.options;
  return { job, options: others };
}

function contentOf(job: unknown): Pick<Job, 'raw' | 'availableAt'> {
  if (!isRecord(job) || !('data' in job)) return { raw: job, availableAt: undefined };
  const options = isRecord(job.options) ? job.options : {};
  const { availableAt } = options;
  return {
    raw: job.data,
    availableAt: typeof availableAt === 'number' ? availableAt : undefined,
  };
}

/** The key that the execution holds alone; empty without one. */
export function uniqueKeyOf({ raw }: Job): string {
  const unique = isRecord(raw) ? raw.unique : undefined;
  return isRecord(unique) && typeof unique.key === 'string' ? unique.key : '';
}

/**
 * What is stored and told of an execution that has ended, but for its job, which Redis has and adds.
 * @throws TypeError when the report is not JSON.
 */
export function finishedText(state: FinalState, report: AttemptReport, crashes: number): string {
  return `{"state":"${state}","crashes":${crashes},"report":${JSON.stringify(report)}`;
}

/** Of an execution that has ended, at most so much is kept; who waits for it is told all. Characters. */
const longestKept = 64 * 1024;
/** Stands for a payload and a result that were not kept. */
const notKept = `longer than ${longestKept / 1024} KiB, not kept`;

/**
 * What is kept where the whole is too long: everything but payload and result; and where the job is no JSON, which
 * Redis could not add. Empty otherwise.
 */
export function keptText(
  finished: string,
  state: FinalState,
  report: AttemptReport,
  crashes: number,
  { text, isJson, raw, availableAt }: Job,
): string {
  const isLong = finished.length + text.length > longestKept;
  if (!isLong) return isJson ? '' : `${finished},"job":${JSON.stringify(text)}}`;
  const { result: _, ...rest } = report;
  const data = isRecord(raw) ? { ...plainFields(raw), payload: notKept } : notKept;
  const stored = 'result' in report ? { ...rest, result: notKept } : rest;
  const kept = JSON.stringify({ data, options: { availableAt } });
  return `${finishedText(state, stored, crashes)},"job":${kept}}`;
}

/** Without what is nested: it may be nested deeper than anybody can write. No field of an envelope that is shown is. */
const plainFields = (raw: Readonly<Record<string, unknown>>): object =>
  Object.fromEntries(
    Object.entries(raw).filter(([, value]) => typeof value !== 'object' || value === null),
  );

export function finishedView(id: string, lane: string, text: string): ExecutionView | undefined {
  const record = parsed(text);
  if (!isRecord(record) || !isRecord(record.report)) return undefined;
  // Not made text again: what is nested deeply can be read but not written.
  const job = typeof record.job === 'string' ? readJob(record.job) : contentOf(record.job ?? null);
  const { attempt = 0, ...report } = storedReport(record.report);
  // Written by `finishedText`.
  const { state, crashes } = record as { state?: FinalState; crashes?: number };
  return {
    ...viewOf(id, lane, job),
    ...report,
    ...(isNotKept(job) ? { payloadNotKept: true } : {}),
    attempt,
    state: state ?? 'failed',
    crashes: crashes ?? 0,
  };
}

const isNotKept = ({ raw }: Pick<Job, 'raw'>): boolean => isRecord(raw) && raw.payload === notKept;

/**
 * A finished execution as it is shown: also when what Redis has of it cannot be read, since somebody has written into it. Then
 * it is quarantined, with the text that is there.
 */
export function shownFinished(id: string, lane: string, text: string): ExecutionView {
  const error = {
    code: 'SKEP_ENVELOPE_INVALID',
    message: 'what Redis has of its end cannot be read',
  };
  return (
    finishedView(id, lane, text) ?? {
      ...viewOf(id, lane, { raw: text.slice(0, longestKept), availableAt: undefined }),
      state: 'quarantined',
      error,
    }
  );
}

/** What a job says of itself. */
export function jobView(id: string, lane: string, job: string): ExecutionView {
  return viewOf(id, lane, readJob(job));
}

function viewOf(
  id: string,
  lane: string,
  { raw, availableAt }: Pick<Job, 'raw' | 'availableAt'>,
): ExecutionView {
  const base = { id, queue: lane, state: 'queued' as ExecutionState, attempt: 0, crashes: 0 };
  if (!isRecord(raw)) {
    // Not an envelope: a person who looks at it wants to see what it is.
    return {
      ...base,
      task: 'unknown',
      payload: raw as JsonValue,
      unreadable: true,
      dispatchedAt: 0,
      availableAt: 0,
      triggeredBy: '',
    };
  }
  const dispatchedAt = typeof raw.dispatchedAt === 'number' ? raw.dispatchedAt : 0;
  return {
    ...base,
    task: typeof raw.task === 'string' ? raw.task : 'unknown',
    payload: (raw.payload ?? null) as JsonValue,
    dispatchedAt,
    availableAt: availableAt ?? dispatchedAt,
    triggeredBy: typeof raw.triggeredBy === 'string' ? raw.triggeredBy : '',
    ...(raw.tracked === true ? { tracked: true } : {}),
  };
}

/** JSON of any shape, or the text itself when it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
