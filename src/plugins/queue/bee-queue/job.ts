// A job as bee-queue writes it, and what is kept of one that has ended.
import type { Envelope } from '../../../core/envelope.js';
import { SkepError } from '../../../core/errors/skep-error.js';
import type {
  AttemptReport,
  ExecutionState,
  ExecutionView,
  FinalState,
} from '../../../core/execution.js';
import type { JsonValue } from '../../../core/json.js';

/** The JSON of a job with this envelope as its data. @throws SkepError `SKEP_PAYLOAD_INVALID`, `SKEP_DISPATCH_INVALID`. */
export function jobText(envelope: Envelope, availableAt: number): string {
  const wholeMs = wholeTime(availableAt);
  const options = `{"timestamp":${envelope.dispatchedAt},"stacktraces":[],"availableAt":${wholeMs}}`;
  return `{"data":${envelopeText(envelope)},"options":${options},"status":"created"}`;
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

interface Job {
  /** The envelope, unverified; the whole text when it is no job of bee-queue. */
  readonly raw: unknown;
  readonly availableAt: number | undefined;
}

/** Reads a job; whoever wrote it, it does not throw. */
export function readJob(text: string): Job {
  const job = parsed(text);
  if (!isRecord(job) || !('data' in job)) return { raw: job, availableAt: undefined };
  const options = isRecord(job.options) ? job.options : {};
  const { availableAt } = options;
  return {
    raw: job.data,
    availableAt: typeof availableAt === 'number' ? availableAt : undefined,
  };
}

/** What is stored and told of an execution that has ended. */
export function finishedText(
  state: FinalState,
  report: AttemptReport,
  crashes: number,
  job: string,
): string {
  const jobJson = parsed(job) === job ? JSON.stringify(job) : job;
  return `{"state":"${state}","crashes":${crashes},"report":${JSON.stringify(report)},"job":${jobJson}}`;
}

/** Of an execution that has ended, at most so much is kept; who waits for it is told all. */
const longestKept = 64 * 1024;

/** What is kept when the whole is too long: everything but payload and result. Empty when the whole is short. */
export function keptText(
  finished: string,
  state: FinalState,
  report: AttemptReport,
  crashes: number,
  job: string,
): string {
  if (finished.length <= longestKept) return '';
  const { result: _, ...rest } = report;
  const { raw, availableAt } = readJob(job);
  const note = `longer than ${longestKept / 1024} KiB, not kept`;
  const data = isRecord(raw) ? { ...raw, payload: note } : note;
  const kept = JSON.stringify({ data, options: { availableAt } });
  return finishedText(state, 'result' in report ? { ...rest, result: note } : rest, crashes, kept);
}

export function finishedView(id: string, lane: string, text: string): ExecutionView | undefined {
  const record = parsed(text);
  if (!isRecord(record) || !isRecord(record.report)) return undefined;
  const job = typeof record.job === 'string' ? record.job : JSON.stringify(record.job ?? null);
  // Written by `finishedText`.
  const { attempt, ...report } = record.report as unknown as AttemptReport;
  const { state, crashes } = record as { state?: FinalState; crashes?: number };
  return {
    ...jobView(id, lane, job),
    ...report,
    attempt,
    state: state ?? 'failed',
    crashes: crashes ?? 0,
  };
}

/** What a job says of itself. */
export function jobView(id: string, lane: string, job: string): ExecutionView {
  const { raw, availableAt } = readJob(job);
  const base = { id, queue: lane, state: 'queued' as ExecutionState, attempt: 0, crashes: 0 };
  if (!isRecord(raw)) {
    // Not an envelope: a person who looks at it wants to see what it is.
    return {
      ...base,
      task: 'unknown',
      payload: raw as JsonValue,
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
