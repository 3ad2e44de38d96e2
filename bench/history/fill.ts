// Fills the history with executions of the past thirty days, as fast as the server makes them.
import type { ApplicationDatabase } from '../../src/datasources/index.js';

const chunk = 250_000;
const days = 30;

/** What the filters of the benchmark ask for, by how often it occurs. */
export const kinds = {
  tasks: { common: 'sync_attendance', rare: 'yearly_report' },
  queues: { common: 'default', rare: 'reports' },
  workers: { common: 'host-1:100', rare: 'host-9:900' },
  schedules: { common: 'attendance', rare: 'yearly' },
  texts: {
    common: 'example',
    some: 'econnrefused',
    rare: 'person777',
    two: 'econnrefused person777',
  },
} as const;

/** @param tell is told how many rows there are. */
export async function fill(
  database: ApplicationDatabase,
  rows: number,
  tell: (done: number) => void,
): Promise<void> {
  const stepUs = Math.floor((days * 86_400e6) / rows);
  for (let first = 1; first <= rows; first += chunk) {
    const last = Math.min(rows, first + chunk - 1);
    await database.use((manager) => manager.query(insertion(first, last, rows, stepUs)));
    tell(last);
  }
}

/** One in so many is rare: ten of ten million, and all of them old. */
const rare = 'seq % 1000000 = 5';

function insertion(first: number, last: number, rows: number, stepUs: number): string {
  const created = `UTC_TIMESTAMP(6) - INTERVAL (${rows} - seq) * ${stepUs} MICROSECOND`;
  const failed = 'seq % 100 = 0';
  const waits = `seq > ${rows} - 500`;
  return `INSERT INTO execution
    (id, task, status, queue, priority, payload, triggered_by, schedule, scheduled_for, created_at, available_at, started_at,
     completed_at, duration_ms, attempts, result, error_code, error_message, worker, fence)
    SELECT CONCAT('0199aa0e-6c2f-7c11-b0aa-', LPAD(HEX(seq), 12, '0')),
      IF(${rare}, '${kinds.tasks.rare}', ELT(1 + seq % 5, '${kinds.tasks.common}', '${kinds.tasks.common}', '${kinds.tasks.common}', 'send_email', 'hris_replication')),
      CASE WHEN ${waits} THEN 'queued' WHEN ${failed} THEN 'failed' WHEN ${rare} THEN 'quarantined' ELSE 'success' END,
      IF(${rare}, '${kinds.queues.rare}', ELT(1 + seq % 3, '${kinds.queues.common}', '${kinds.queues.common}', 'mail')), 'normal',
      CONCAT('{"employeeId":', seq % 20000, ',"email":"person', seq % 50000, '@example.com","reference":"', UUID(), '"}'),
      'schedule', IF(${rare}, '${kinds.schedules.rare}', IF(seq % 10 = 0, '${kinds.schedules.common}', NULL)),
      IF(${rare} OR seq % 10 = 0, ${created}, NULL), ${created}, ${created},
      IF(${waits}, NULL, ${created}), IF(${waits}, NULL, ${created} + INTERVAL 20000 MICROSECOND), 20, 1,
      IF(${failed}, NULL, '{"rows":12}'), IF(${failed}, 'ConnectionError', NULL),
      IF(${failed}, CONCAT('connect ECONNREFUSED 10.0.0.', seq % 250, ':3306'), NULL),
      IF(${rare}, '${kinds.workers.rare}', CONCAT('host-', 1 + seq % 4, ':100')), 4294967297
    FROM seq_${first}_to_${last}`;
}
