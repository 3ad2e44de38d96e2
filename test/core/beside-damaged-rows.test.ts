// Commands for many executions beside rows of record and queue that somebody has damaged: each such row is shown as far as it
// can be read, or fails alone and by name; the sound ones are listed, followed, cancelled and replayed.
import { PassThrough } from 'node:stream';
import type { CommandContext } from '../../src/cli/command.js';
import { type BulkWork, forAll } from '../../src/cli/commands/executions/bulk.js';
import { executionDocument, printExecution } from '../../src/cli/terminal/execution.js';
import { executionLine, printExecutions } from '../../src/cli/terminal/execution-table.js';
import { Output } from '../../src/cli/terminal/output.js';
import { BrokerDispatcher } from '../../src/core/dispatch/broker-dispatcher.js';
import {
  type ExecutionView,
  executionStates,
  finalStates,
  isFinal,
} from '../../src/core/execution.js';
import { Executions } from '../../src/core/executions/executions.js';
import { finalWait } from '../../src/core/executions/final-wait.js';
import { followExecutions } from '../../src/core/executions/follow.js';
import type { Broker } from '../../src/core/ports/broker.js';
import { systemSeams } from '../../src/core/seams.js';
import type { Composition } from '../../src/main.js';
import { SqlHistory } from '../../src/plugins/tracking/history/sql-history.js';
import { SqlExecutionStore } from '../../src/plugins/tracking/store/sql-execution-store.js';
import { clear, openTables } from '../plugins/tracking/history/support.js';
import { onBothStacks } from '../plugins/tracking/roles/world.js';
import { noTimes, relaxed } from '../support/damage.js';
import { registryOf, rememberingLogger } from '../support/harness.js';
import { PlainTask, TrackedTask } from '../support/tracked-and-plain.js';

const seams = systemSeams;
const unfinished = executionStates.filter((state) => !isFinal(state));

onBothStacks('beside damaged rows', (engine, queue) => {
  const isSqlite = engine.dialect === 'sqlite';
  const registry = registryOf(TrackedTask, PlainTask);
  let world: Awaited<ReturnType<typeof openTables>>;
  let broker: Broker;
  let store: SqlExecutionStore;
  let executions: Executions;
  let dispatcher: BrokerDispatcher;
  let told: string;

  beforeAll(async () => {
    world = await openTables(engine);
  });
  afterAll(() => world.provider.close());
  beforeEach(async () => {
    const { logger } = rememberingLogger();
    const { database } = world;
    broker = await queue().open();
    const history = new SqlHistory(database);
    store = new SqlExecutionStore({ database, history, registry, logger, seams });
    const waitForFinal = finalWait(broker, store);
    const facts = { registry, broker, waitForFinal, tracker: store, logger, seams };
    dispatcher = new BrokerDispatcher({ ...facts, payloadLimitBytes: 1_000 });
    executions = new Executions({ broker, store, dispatcher, seams, worker: 'w' });
    told = '';
    process.stderr.write = (text: string | Uint8Array): boolean => {
      told += String(text);
      return true;
    };
  });
  afterEach(async () => {
    // The one of the prototype shows again.
    Reflect.deleteProperty(process.stderr, 'write');
    await store.close();
    await clear(world.database);
  });

  const dispatch = async (code: string): Promise<string> =>
    (await dispatcher.dispatch(code, { n: 1 })).id;

  const damage = (...statements: string[]): Promise<void> =>
    world.database.use((manager) => relaxed(manager, engine.dialect, ...statements));

  const times = ['created_at', 'available_at', 'started_at', 'scheduled_for', 'next_attempt_at'];
  const timeDamages = noTimes(engine.dialect).flatMap((time) =>
    times.map((column) => `${column} = ${time}`),
  );
  const damages = ["payload = '{'", "result = '{'", "error_code = ''", ...timeDamages];
  const unknownState = "status = 'moonrise'";

  /** One execution on record with each damage, and a sound one before and behind them. */
  async function damagedRecord(also: readonly string[] = []) {
    const first = await dispatch('tracked');
    const damaged = new Map<string, string>();
    for (const set of [...damages, ...also]) damaged.set(await dispatch('tracked'), set);
    const last = await dispatch('tracked');
    return { sound: [first, last], damaged };
  }

  const damageAll = async (damaged: ReadonlyMap<string, string>): Promise<void> => {
    for (const [id, set] of damaged) await damage(`UPDATE execution SET ${set} WHERE id = '${id}'`);
  };

  /** Each way in which a waiting execution of the queue can be damaged. */
  const isUnreadable = (damage: string): boolean =>
    damage.startsWith('payload') || damage.startsWith('envelope');
  const queueDamages = isSqlite
    ? [
        "envelope = '{'",
        "envelope = '[1]'",
        "state = 'moonrise'",
        "report = '5'",
        'available_at = 1 << 62',
        'dispatched_at = 1 << 62',
      ]
    : ['{', '5', 'null', '{"data":5}', '{"data":{"task":7,"dispatchedAt":1e300}}'];

  async function damagedQueue() {
    const first = await dispatch('plain');
    const damaged = new Map<string, string>();
    for (const damage of queueDamages) damaged.set(await dispatch('plain'), damage);
    const last = await dispatch('plain');
    return { sound: [first, last], damaged };
  }

  /** @param place the hash in Redis that has them. */
  async function damageQueue(
    damaged: ReadonlyMap<string, string>,
    place: 'jobs' | 'finished',
  ): Promise<void> {
    for (const [id, damage] of damaged) await queue().damage(id, damage, place);
  }

  /** Runs a bulk command; what it printed as JSON. */
  async function bulk(
    states: readonly (typeof executionStates)[number][],
    each: BulkWork['each'],
  ): Promise<{ readonly code: number; readonly documents: readonly Record<string, unknown>[] }> {
    const stream = new PassThrough();
    // What it needs of a command's context and of a composition.
    const context = { output: new Output(true, stream) } as CommandContext;
    const composition = { executions, installation: { registry } } as unknown as Composition;
    const work = { verb: 'change', done: 'changed', yes: true, each };
    const code = await forAll(context, composition, { states }, work);
    const lines = String(stream.read()).trim().split('\n');
    return { code, documents: lines.map((line) => JSON.parse(line)) };
  }

  const stateOf = async (id: string) => (await executions.find(id))?.state;

  test('lists show all of them', async () => {
    const record = await damagedRecord([unknownState]);
    const queued = await damagedQueue();
    await damageAll(record.damaged);
    await damageQueue(queued.damaged, 'jobs');
    const all = [record, queued].flatMap(({ sound, damaged }) => [...sound, ...damaged.keys()]);
    const views = await executions.list({ limit: 100 });
    expect(views.map(({ id }) => id).sort()).toEqual(all.sort());
    const stream = new PassThrough();
    printExecutions(new Output(false, stream), views);
    const table = String(stream.read());
    for (const view of views) {
      expect(table).toContain(view.id);
      expect(JSON.stringify(executionDocument(view))).toContain(view.id);
      expect(JSON.stringify(executionDocument((await executions.find(view.id)) ?? view))).toContain(
        view.id,
      );
    }
    // The damage has arrived.
    const [noTime = ''] = [...record.damaged].find(([, set]) => set.startsWith('created_at')) ?? [];
    expect(views.find(({ id }) => id === noTime)).toMatchObject({ dispatchedAt: 0 });
    // One at a time, from each on to the next older one.
    for (const { id } of views) await executions.list({ limit: 1, before: id });
    expect(await executions.count({})).toBe(all.length);
  });

  test('an execution with damaged attempts is shown', async () => {
    const id = await dispatch('tracked');
    const damagedAttempts = [
      ...noTimes(engine.dialect).flatMap((time) => [
        `started_at = ${time}`,
        `completed_at = ${time}`,
      ]),
      ...["'{'", "'5'", "'[]'", "'null'", `'{"opened":"many"}'`].map((text) => `ledger = ${text}`),
      "outcome = 'moonrise'",
    ];
    for (const [index, set] of damagedAttempts.entries()) {
      const columns =
        'execution_id, attempt, fence, worker, started_at, completed_at, outcome, ledger';
      const [began, ended] = ["'2026-03-02 10:00:00.000000'", "'2026-03-02 10:00:01.000000'"];
      const ledger = `'{"opened":1,"closed":1,"killed":0,"leaked":0}'`;
      await damage(
        `INSERT INTO execution_attempt (${columns}) VALUES ('${id}', ${index + 1}, 1, 'w', ${began}, ${ended}, 'failed', ${ledger})`,
        `UPDATE execution_attempt SET ${set} WHERE execution_id = '${id}' AND attempt = ${index + 1}`,
      );
    }
    const found = await executions.find(id);
    if (found === undefined || !('attempts' in found)) throw new Error('it is not on record');
    expect(found.attempts).toHaveLength(damagedAttempts.length);
    const stream = new PassThrough();
    printExecution(new Output(false, stream), found);
    const shown = String(stream.read());
    expect(shown).toContain('moonrise');
    expect(shown).not.toMatch(/undefined|NaN|Invalid/);
    expect(JSON.stringify(executionDocument(found))).not.toContain('undefined');
    for (const [index, set] of damagedAttempts.entries()) {
      if (set.startsWith('ledger')) expect(found.attempts[index]).not.toHaveProperty('ledger');
      if (set.startsWith('completed'))
        expect(found.attempts[index]).not.toHaveProperty('finishedAt');
    }
  });

  test('cancel ends all that wait', async () => {
    const record = await damagedRecord();
    const queued = await damagedQueue();
    await damageAll(record.damaged);
    await damageQueue(queued.damaged, 'jobs');
    const { documents } = await bulk(unfinished, async ({ id }) => ({
      id,
      cancellation: await executions.cancel(id),
    }));
    for (const id of [...record.sound, ...record.damaged.keys(), ...queued.sound]) {
      expect([id, await stateOf(id)]).toEqual([id, 'cancelled']);
    }
    expect(documents.at(-1)).toMatchObject({ failed: 0 });
  });

  test('replay has all done again whose payload can be read, and names the others', async () => {
    const record = await damagedRecord();
    const queued = await damagedQueue();
    for (const id of [record, queued].flatMap(({ sound, damaged }) => [
      ...sound,
      ...damaged.keys(),
    ])) {
      await executions.cancel(id);
    }
    await damageAll(record.damaged);
    await damageQueue(queued.damaged, 'finished');
    const { code, documents } = await bulk(finalStates, async ({ id }) => ({
      replayOf: id,
      id: (await executions.replay(id)).id,
    }));
    const replayed = new Set(documents.map(({ replayOf }) => replayOf));
    const unreadable = [record, queued].flatMap(({ damaged }) =>
      [...damaged].filter(([, damage]) => isUnreadable(damage)).map(([id]) => id),
    );
    const readable = [...record.damaged.keys()].filter((id) => !unreadable.includes(id));
    for (const id of [...record.sound, ...readable, ...queued.sound])
      expect(replayed).toContain(id);
    expect(code).toBe(1);
    expect(told).not.toContain('SKEP_INTERNAL');
    for (const id of unreadable) {
      expect(replayed).not.toContain(id);
      expect(told).toContain(`${id}: SKEP_ENVELOPE_INVALID`);
      // What it should be is for a person to say.
      const again = await executions.replay(id, { n: 2 });
      expect(await executions.find(again.id)).toMatchObject({ payload: { n: 2 } });
    }
  });

  test('following goes on', async () => {
    const record = await damagedRecord([unknownState]);
    const queued = await damagedQueue();
    const all = [record, queued].flatMap(({ sound, damaged }) => [...sound, ...damaged.keys()]);
    const following = followExecutions(executions, {
      filter: {},
      first: 100,
      signal: AbortSignal.timeout(60_000),
      onMissed: () => undefined,
    });
    const next = async (): Promise<ExecutionView> => {
      const { value } = await following.next();
      if (value === undefined) throw new Error('following ended');
      expect(executionLine(value)).toContain(value.id);
      expect(JSON.stringify(executionDocument(value))).toContain(value.id);
      return value;
    };
    for (const _ of all) await next();
    await damageAll(record.damaged);
    await damageQueue(queued.damaged, 'jobs');
    const [sound = ''] = record.sound;
    await executions.cancel(sound);
    const last = await dispatch('plain');
    const seen = new Map<string, string>();
    while (seen.get(sound) !== 'cancelled' || !seen.has(last)) {
      const { id, state } = await next();
      seen.set(id, state);
    }
    await following.return(undefined);
  });
});
