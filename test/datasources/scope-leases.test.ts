// What a run holds of its data sources when it ends: on the real pool, with an engine that is scripted.

import { container } from 'tsyringe';
import type { EntityManager, QueryRunner } from 'typeorm';
import { RunScope } from '../../src/core/run/scope.js';
import { openGate } from '../../src/datasources/engine.js';
import { Hris, Maria } from '../../src/datasources/index.js';
import { ScopeLeases } from '../../src/datasources/scope-leases.js';
import type { ScopedDataSource } from '../../src/datasources/scoped-data-source.js';
import type { Source } from '../../src/datasources/source.js';
import { poolOf, type ScriptedPool } from './scripted-pool.js';
import { errorOf } from './support.js';

const forever = (): Promise<never> => new Promise(() => undefined);

function sourceOf(definition: Source['definition'], options: ScriptedPool = {}) {
  const scripted = poolOf({ max: 10, ...options });
  const runner = { manager: {} as EntityManager, query: forever, stream: forever };
  const source = {
    definition,
    name: definition.name,
    pool: scripted.pool,
    shared: false,
    orm: { runnerOn: async () => runner as unknown as QueryRunner },
    engine: { ...scripted.engine, gate: () => openGate, explain: () => undefined },
  };
  // Of an engine, only these are asked for by the leases of a run.
  return { ...scripted, source: source as unknown as Source };
}

function openRun(...sources: Source[]) {
  const factory = {
    root: container,
    extensions: [{ open: (scope: RunScope) => new ScopeLeases(scope, sources, () => 0) }],
    disposeTimeoutMs: 600_000,
  };
  const scope = new RunScope(factory, { executionId: 'run', task: 'test', attempt: 1 });
  const of = ({ definition }: Source): ScopedDataSource =>
    scope.container.resolve(definition.injectionToken);
  return { scope, of };
}

/** Takes a lease and keeps it; resolves once it is taken. */
function hold(source: ScopedDataSource): Promise<void> {
  return new Promise((resolve, reject) => {
    source
      .use(() => {
        resolve();
        return forever();
      })
      .catch(reject);
  });
}

test('a run ends only after a connection that was opening is open, and closed again', async () => {
  const events: string[] = [];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { source, pool } = sourceOf(Maria, {
    opening: async () => {
      events.push('connecting');
      await opened;
      events.push('connected');
    },
  });
  const { scope, of } = openRun(source);
  const floating = errorOf(() => of(source).use(forever));
  // Everything that needs no connection is over by then.
  await new Promise(setImmediate);
  const disposing = scope.dispose().then(() => events.push('disposed'));
  await new Promise(setImmediate);
  open();
  await disposing;
  expect(events).toEqual(['connecting', 'connected', 'disposed']);
  expect(pool.account()).toMatchObject({ opened: 1, closed: 1, open: 0 });
  expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
});

test('a run that is ended by force has each of its leases killed before it is disposed, every time', async () => {
  // Often enough that also a kill which is left out now and then is found.
  for (let round = 0; round < 300; round += 1) {
    const [maria, hris] = [sourceOf(Maria), sourceOf(Hris)];
    const { scope, of } = openRun(maria.source, hris.source);
    const held = [maria, maria, hris, hris, hris].map(({ source }) => hold(of(source)));
    await Promise.all(held);
    expect(await scope.kill()).toEqual([]);
    expect([maria.killed, hris.killed]).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
    expect(scope.ledger()).toEqual({ opened: 5, closed: 0, killed: 5, leaked: 0 });
    expect(await scope.dispose()).toEqual([]);
    expect(scope.ledger()).toEqual({ opened: 5, closed: 0, killed: 5, leaked: 0 });
  }
});

test('a connection that opens after the run was ended by force is not lent, and closed at once', async () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { source, pool } = sourceOf(Maria, { opening: () => opened });
  const { scope, of } = openRun(source);
  let lent = 0;
  const floating = errorOf(() =>
    of(source).use(async () => {
      lent += 1;
    }),
  );
  await new Promise(setImmediate);
  expect(await scope.kill()).toEqual([]);
  open();
  expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
  expect(lent).toBe(0);
  expect(pool.account()).toMatchObject({ opened: 1, closed: 1, open: 0 });
  expect(await errorOf(() => of(source).use(forever))).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
  expect(await scope.dispose()).toEqual([]);
});

test('a connection that the run asks whether it still answers is closed, not killed, when the run ends meanwhile', async () => {
  const now = import.meta.jest.spyOn(performance, 'now');
  try {
    now.mockReturnValue(0);
    const { source, connections, killed } = sourceOf(Maria);
    const { scope, of } = openRun(source);
    await of(source).use(async () => undefined);
    now.mockReturnValue(60_000);
    let answer: () => void = () => undefined;
    const [connection] = connections;
    if (connection === undefined) throw new Error('the run has had a connection');
    connection.answering = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const floating = errorOf(() => of(source).use(forever));
    await new Promise(setImmediate);
    expect(connection.pings).toBe(1);
    const disposing = scope.dispose();
    answer();
    expect(await disposing).toEqual([]);
    expect(await floating).toMatchObject({ code: 'SKEP_SCOPE_CLOSED' });
    expect(killed).toEqual([]);
    expect(scope.ledger()).toEqual({ opened: 1, closed: 1, killed: 0, leaked: 0 });
  } finally {
    now.mockRestore();
  }
});
