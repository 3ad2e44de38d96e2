// Turns a row of queue.db into what is shown of an execution. Survives whatever someone wrote into the file.
import type { AttemptReport, ExecutionState, ExecutionView } from '../../../core/execution.js';
import { storedReport } from '../../../core/executions/stored-report.js';
import type { JsonValue } from '../../../core/json.js';
import type { Row } from './connection.js';

/** What {@link executionView} reads, in its order. */
export const executionColumns = [
  'id',
  'queue',
  'task',
  'state',
  'available_at',
  'attempt',
  'crashes',
  'dispatched_at',
  'started_at',
  'worker',
  'report',
  'envelope',
].join(', ');

export function executionView(row: Row): ExecutionView {
  const [id, queue, task, state, availableAt, attempt, crashes, dispatchedAt] = row;
  const [startedAt, worker, report, envelope] = row.slice(8);
  return {
    id: String(id),
    queue: String(queue),
    task: String(task),
    // Written by the store, which takes states from the port; anything else is shown as it is.
    state: String(state) as ExecutionState,
    availableAt: Number(availableAt),
    attempt: Number(attempt),
    crashes: Number(crashes),
    dispatchedAt: Number(dispatchedAt),
    ...readEnvelope(String(envelope)),
    ...(latestReport(report === null ? undefined : String(report), Number(attempt)) ?? {
      ...(typeof startedAt === 'number' ? { startedAt } : {}),
      ...(worker === null ? {} : { worker: String(worker) }),
    }),
  };
}

/** JSON of any shape, or the text itself when it is not JSON. */
export function parseJson(json: string): JsonValue {
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return json;
  }
}

function readEnvelope(
  json: string,
): Pick<ExecutionView, 'payload' | 'triggeredBy' | 'tracked' | 'unreadable'> {
  const envelope = parseJson(json);
  if (typeof envelope !== 'object' || envelope === null || Array.isArray(envelope)) {
    // Not an envelope: a person who looks at it wants to see what it is.
    return { payload: envelope, unreadable: true, triggeredBy: '' };
  }
  const { payload = null, triggeredBy, tracked } = envelope;
  return {
    payload,
    triggeredBy: typeof triggeredBy === 'string' ? triggeredBy : '',
    ...(tracked === true ? { tracked } : {}),
  };
}

/** The report of this very attempt: an attempt that is running or has crashed has none yet. */
function latestReport(
  json: string | undefined,
  attempt: number,
): Omit<Partial<AttemptReport>, 'attempt'> | undefined {
  if (json === undefined) return undefined;
  const read = parseJson(json);
  if (typeof read !== 'object' || read === null) return undefined;
  const { attempt: reported, ...rest } = storedReport(read);
  return reported === attempt ? rest : undefined;
}
