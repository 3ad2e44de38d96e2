// Connects to a data source and asks what it is, for `skep doctor`.
import { NotInTime } from '../core/within.js';
import type { Connection, Transport } from './engine.js';
import { ConnectionError } from './errors.js';
import { endless } from './permits.js';
import type { Dialect } from './scoped-data-source.js';
import type { Source } from './source.js';

export interface ProbeReport {
  readonly name: string;
  readonly dialect: Dialect;
  /** Where it is, without the password. */
  readonly address: string;
  /** Name and version of the server or library. */
  readonly version: string;
  /** Time to connect, milliseconds. */
  readonly connectMs: number;
  /** Time of one round trip, milliseconds; the middle of five. */
  readonly latencyMs: number;
  /** How far the server's clock is ahead of this one, milliseconds; absent when it has none of its own. */
  readonly clockSkewMs?: number;
  /** Whether the session refuses to write. */
  readonly readOnly: boolean;
  /** What a person should know of the way to the server; absent for a file. */
  readonly transport?: Transport;
  /** Rights by which the user of a read-only source may write all the same; absent where they cannot be told. */
  readonly mayWrite?: readonly string[];
}

/** A server that takes its time is reported, not given up. */
const patienceMs = 10_000;

export async function probe(source: Source, now: () => number): Promise<ProbeReport> {
  const { engine, pool, name } = source;
  const began = performance.now();
  const lease = await pool.acquire(endless);
  const connectMs = performance.now() - began;
  try {
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1)
      times.push(await roundTrip(source, lease.connection));
    const asked = now();
    const { version, clockMs, readOnly } = await engine.facts(lease.connection);
    const middle = (asked + now()) / 2;
    const mayWrite = await rightsOf(source, lease.connection);
    return {
      name,
      dialect: engine.dialect,
      address: engine.address,
      version,
      connectMs,
      latencyMs: times.sort((a, b) => a - b)[2] ?? 0,
      readOnly,
      ...(engine.transport === undefined ? {} : { transport: engine.transport }),
      ...(mayWrite === undefined ? {} : { mayWrite }),
      ...(clockMs === undefined ? {} : { clockSkewMs: Math.round(clockMs - middle) }),
    };
  } finally {
    await pool.end(lease, 'close');
  }
}

/** Not each user may read its own rights. */
async function rightsOf(
  { engine, definition }: Source,
  connection: Connection,
): Promise<readonly string[] | undefined> {
  if (!definition.readOnly) return undefined;
  try {
    return await engine.writeRights?.(connection);
  } catch {
    return undefined;
  }
}

/** Milliseconds. @throws ConnectionError `SKEP_CONNECT_FAILED` */
async function roundTrip({ name, engine }: Source, connection: Connection): Promise<number> {
  const startedAt = performance.now();
  try {
    await connection.ping(patienceMs);
  } catch (error) {
    if (!(error instanceof NotInTime)) throw error;
    const message = `${name} at ${engine.address} does not answer within ${patienceMs} ms`;
    throw new ConnectionError('SKEP_CONNECT_FAILED', message, { cause: error });
  }
  return performance.now() - startedAt;
}
