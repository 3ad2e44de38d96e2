// The row of an execution that nobody has begun.
import { queueOfLane } from '../../../core/dispatch/lanes.js';
import type { Envelope } from '../../../core/envelope.js';
import { toJsonText } from '../../../core/json.js';
import type { PendingExecution } from '../../../core/ports/tracker.js';
import { columnTime, optionalTime } from './rows.js';

/** What is inserted for a new execution, and the order of its values in {@link pendingValues}. */
export const pendingColumns = [
  'id',
  'task',
  'status',
  'queue',
  'priority',
  'payload',
  'triggered_by',
  'triggered_by_user_id',
  'schedule',
  'scheduled_for',
  'created_at',
  'available_at',
  'retries',
  'crashes',
  'replay_of',
  'parent',
  'expires_at',
  'unique_key',
  'unique_until',
  'further_fields',
] as const;

export type ColumnValue = string | number | null;

/** One execution that nobody has begun, in the order of {@link pendingColumns}. */
export function pendingValues({ envelope, availableAt }: PendingExecution): ColumnValue[] {
  const { queue } = envelope;
  return [
    envelope.id,
    envelope.task,
    'pending',
    queue,
    queue.slice(queueOfLane(queue).length + 1) || 'normal',
    toJsonText(envelope.payload) ?? null,
    envelope.triggeredBy,
    envelope.userId ?? null,
    envelope.schedule ?? null,
    optionalTime(envelope.scheduledFor),
    columnTime(envelope.dispatchedAt),
    columnTime(availableAt),
    envelope.attempt - 1,
    envelope.crashes ?? 0,
    envelope.replayOf ?? null,
    envelope.parent ?? null,
    optionalTime(envelope.expiresAt),
    envelope.unique?.key ?? null,
    optionalTime(envelope.unique?.until),
    furtherFields(envelope),
  ];
}

/** Fields of an envelope that have a column of their own, or a fixed value in the record. */
const fieldsWithColumn: ReadonlySet<string> = new Set<keyof Envelope>([
  'v',
  'id',
  'task',
  'queue',
  'payload',
  'attempt',
  'dispatchedAt',
  'scheduledFor',
  'triggeredBy',
  'parent',
  'expiresAt',
  'unique',
  'tracked',
  'crashes',
  'schedule',
  'replayOf',
  'userId',
]);

/** The other fields, those of a newer version among them: what is queued from the record has them again. */
function furtherFields(envelope: Envelope): string | null {
  const further = Object.entries(envelope).filter(
    ([name, value]) => value !== undefined && !fieldsWithColumn.has(name),
  );
  return further.length === 0 ? null : JSON.stringify(Object.fromEntries(further));
}
