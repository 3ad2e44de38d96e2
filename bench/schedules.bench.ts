// Ten thousand schedules that are due at one moment, over three whole runtimes, on MariaDB with every commit on disk, and
// Redis: when the last of them had fired, and that each did once. Prints a table and one line of JSON; exits with 1 when
// the figure is missed. SKEP_BENCH_ROUNDS makes it shorter.
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import Table from 'cli-table3';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { openDatabases } from './attendance/databases.js';
import { median } from './support/median.js';

const rounds = Number(process.env.SKEP_BENCH_ROUNDS ?? 3);
const runtimes = 3;
const schedules = 10_000;
const toReachMs = 2_000;
/** Between setting the time and its coming; all runtimes are asleep by then. */
const aheadMs = 4_000;
const script = new URL('./schedules/serve.ts', import.meta.url);

const databases = await openDatabases();
const maria = await databases.empty();
const connection = await createConnection({ uri: maria, timezone: 'Z' });
const numbers = async (sql: string): Promise<Record<string, number>> => {
  const [rows] = await connection.query<RowDataPacket[]>(sql);
  return Object.fromEntries(
    Object.entries(rows[0] ?? {}).map(([key, value]) => [key, Number(value)]),
  );
};

async function startRuntime(prefix: string): Promise<ChildProcess> {
  const child = fork(script, [maria, process.env.SKEP_TEST_REDIS_URL ?? '', prefix]);
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`a runtime ended with ${code}`);
  });
  died.catch(() => undefined);
  await Promise.race([once(child, 'message'), died]);
  return child;
}

/** Milliseconds from the time to the last commit. What was fired is relayed and run meanwhile. */
async function round(): Promise<number> {
  const [{ now = 0 }] = [await numbers('SELECT UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS now')];
  const due = Math.ceil((now + aheadMs) / 1_000) * 1_000;
  const time = new Date(due).toISOString().slice(0, 19).replace('T', ' ');
  await connection.query(
    `UPDATE schedule SET starts_at = ?, next_fire_at = ?, version = version + 1`,
    [time, time],
  );
  const fired = async (): Promise<Record<string, number>> =>
    numbers(
      `SELECT COUNT(*) AS waiting, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS now
        FROM schedule WHERE next_fire_at = '${time}'`,
    );
  await pause(Math.max(0, due - now - 100));
  let seen = await fired();
  while ((seen.waiting ?? 0) > 0) {
    await pause(20);
    seen = await fired();
  }
  const firedMs = (seen.now ?? 0) - due;
  const record = await numbers(
    `SELECT COUNT(*) AS executions, COUNT(DISTINCT schedule) AS names,
        SUM(status = 'skipped') AS skipped
      FROM execution WHERE scheduled_for = '${time}'`,
  );
  const { executions, names, skipped } = record;
  if (executions !== schedules || names !== schedules || skipped !== 0) {
    throw new Error(`not each fired once: ${JSON.stringify(record)}`);
  }
  return firedMs;
}

const measured: number[] = [];
const children: ChildProcess[] = [];
try {
  const prefix = `bench${randomBytes(4).toString('hex')}`;
  // The first one migrates the database.
  for (let n = 0; n < runtimes; n += 1) children.push(await startRuntime(prefix));
  await connection.query(
    `INSERT INTO schedule (name, task, kind, expression, zone, payload, misfire_grace_ms, coalesce, max_instances,
        jitter_ms, enabled, declared, version, created_at, updated_at)
      SELECT CONCAT('noop_', seq), 'noop', 'interval', '1d', 'UTC', 'null', 300000, 1, 1000000, 0, 1, 'runtime', 1,
        UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM seq_1_to_${schedules}`,
  );
  for (let done = 0; done < rounds; done += 1) measured.push(await round());
} finally {
  for (const child of children) {
    const gone = once(child, 'exit');
    if (child.connected) child.disconnect();
    if (child.exitCode === null) await gone;
  }
  await connection.end();
  await databases.close();
}

const worst = Math.max(...measured);
const table = new Table({
  head: [`${schedules} schedules, ${runtimes} runtimes`, 'measured', 'to reach'],
});
table.push(
  ['from their time to the last one on record, median', `${Math.round(median(measured))} ms`, ''],
  ['slowest round', `${Math.round(worst)} ms`, `${toReachMs} ms`],
);
console.log(table.toString());
console.log(
  JSON.stringify({ bench: 'schedules', rounds, schedules, runtimes, worstMs: worst, measured }),
);
if (worst > toReachMs) process.exitCode = 1;
