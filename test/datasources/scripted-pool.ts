// A pool of leases over an engine that is scripted: connections that open, answer and close as a test has them.
import type { Connection, Engine } from '../../src/datasources/engine.js';
import { LeasePool } from '../../src/datasources/lease-pool.js';
import { rememberingLogger } from '../support/harness.js';

export class ScriptedConnection implements Connection {
  readonly raw = undefined;
  lost = false;
  destroyed = false;
  pings = 0;
  closing: () => Promise<void> = async () => undefined;
  answering: () => Promise<void> = async () => undefined;

  constructor(readonly id: number) {}

  ping(): Promise<void> {
    this.pings += 1;
    return this.answering();
  }

  close(): Promise<void> {
    return this.closing();
  }

  destroy(): void {
    this.destroyed = true;
  }
}

export interface ScriptedPool {
  readonly idleMs?: number;
  readonly max?: number;
  /** Awaited by each connection before it is open, whatever the signal says. */
  readonly opening?: () => Promise<void>;
}

/** A real pool over an engine that does as it is told. */
export function poolOf({
  idleMs = 60_000,
  max = 2,
  opening = async () => undefined,
}: ScriptedPool = {}) {
  const connections: ScriptedConnection[] = [];
  const killed: number[] = [];
  let killing = async (): Promise<void> => undefined;
  const engine = {
    connect: async () => {
      await opening();
      const connection = new ScriptedConnection(connections.length + 1);
      connections.push(connection);
      return connection;
    },
    kill: async ({ id }: Connection) => {
      killed.push(id);
      await killing();
    },
  };
  const { logger, lines } = rememberingLogger();
  const pool = new LeasePool({
    source: 'maria',
    // Only these two are asked of an engine by its pool.
    engine: engine as unknown as Engine,
    max,
    acquireTimeoutMs: 1_000,
    idleMs,
    logger,
  });
  const failKilling = (): void => {
    killing = () => Promise.reject(new Error('no control connection'));
  };
  return { pool, engine, connections, killed, lines, failKilling };
}
