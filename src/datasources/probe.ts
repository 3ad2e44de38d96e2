// Connects to a data source and asks what it is, for `skep doctor`.
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
}

export async function probe(source: Source, now: () => number): Promise<ProbeReport> {
  const { engine, pool, name } = source;
  const began = performance.now();
  const lease = await pool.acquire(endless);
  const connectMs = performance.now() - began;
  try {
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const start = performance.now();
      await lease.connection.ping();
      times.push(performance.now() - start);
    }
    const asked = now();
    const { version, clockMs, readOnly } = await engine.facts(lease.connection);
    const middle = (asked + now()) / 2;
    return {
      name,
      dialect: engine.dialect,
      address: engine.address,
      version,
      connectMs,
      latencyMs: times.sort((a, b) => a - b)[2] ?? 0,
      readOnly,
      ...(clockMs === undefined ? {} : { clockSkewMs: Math.round(clockMs - middle) }),
    };
  } finally {
    await pool.end(lease, 'close');
  }
}
