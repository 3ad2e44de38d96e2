// kill -9 of workers and dispatchers on one data folder, at random moments and often. What happened is read from a log
// that the queue knows nothing of, and compared with what was acknowledged.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionView } from '../../src/core/execution.js';
import type { EmbeddedBroker } from '../../src/plugins/queue/embedded/broker.js';
import { EmbeddedHarness } from '../plugins/queue/embedded/embedded-harness.js';
import { entry } from '../support/executions.js';
import { scale } from './fault-site.js';
import { Victim } from './victim.js';

const kills = 12 * scale;
const dispatchesPerKill = 100;
const mostRetries = 2;

const workerScript = new URL('./embedded-worker.ts', import.meta.url);
const dispatcherScript = new URL('./embedded-dispatcher.ts', import.meta.url);

const upTo = (most: number): number => Math.floor(Math.random() * (most + 1));

/** What the log tells of one execution: how often it was started, and whether two runs of it ever overlapped. */
interface Account {
  started: number;
  overlaps: number;
  openIn: string | undefined;
}

function readLog(file: string): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const [what, id = '', pid] = line.split(' ');
    const account = accounts.get(id) ?? { started: 0, overlaps: 0, openIn: undefined };
    accounts.set(id, account);
    if (what === 'started') {
      account.started += 1;
      // A run that was open in another process ended when that was killed.
      if (account.openIn === pid) account.overlaps += 1;
      account.openIn = pid;
    } else if (what === 'performed') {
      account.openIn = undefined;
    }
  }
  return accounts;
}

describe('kill -9 beside the embedded queue', () => {
  let harness: EmbeddedHarness;
  let broker: EmbeddedBroker;
  beforeEach(async () => {
    harness = await EmbeddedHarness.create();
    broker = await harness.open();
  });
  afterEach(() => harness.dispose());

  const allExecutions = (): Promise<ExecutionView[]> => broker.list({ limit: 1_000_000 });

  it(
    'of workers loses nothing, repeats only what was in flight, and counts each kill once',
    async () => {
      const log = join(harness.dataDir, 'side-effects.log');
      writeFileSync(log, '');
      const retriesOf = new Map<string, number>();
      const killedIn = new Map<string, number>();

      for (let round = 0; round < kills; round += 1) {
        const some = Array.from({ length: dispatchesPerKill }, () =>
          entry({ payload: upTo(mostRetries) }),
        );
        const worker = new Victim(workerScript, [harness.dataDir, log]);
        await worker.messages(1);
        // One after the other, beside the worker's own writing and through its death.
        const dispatching = (async () => {
          for (const each of some) await broker.enqueue([each]);
        })();
        await worker.messages(1 + upTo(dispatchesPerKill - 1));
        await worker.kill();
        await dispatching;
        for (const { envelope } of some) retriesOf.set(envelope.id, Number(envelope.payload));
        for (const { id } of await broker.list({ states: ['running'], limit: 1_000 })) {
          killedIn.set(id, (killedIn.get(id) ?? 0) + 1);
        }
      }
      const last = new Victim(workerScript, [harness.dataDir, log]);
      await broker.waitForEmpty();
      await last.kill();

      expect(killedIn.size).toBeGreaterThan(0);
      const executions = await allExecutions();
      expect(new Set(executions.map(({ id }) => id))).toEqual(new Set(retriesOf.keys()));
      const accounts = readLog(log);
      for (const { id, state, crashes, attempt } of executions) {
        const retries = retriesOf.get(id) ?? Number.NaN;
        const { started = 0, overlaps } = accounts.get(id) ?? {};
        expect({ id, state, crashes, attempt, overlaps }).toEqual({
          id,
          state: 'success',
          crashes: killedIn.get(id) ?? 0,
          attempt: 1 + retries + crashes,
          overlaps: 0,
        });
        // A process may die between claiming and starting, so not every crash is a repeated start.
        expect(started).toBeGreaterThanOrEqual(1 + retries);
        expect(started).toBeLessThanOrEqual(1 + retries + crashes);
      }
    },
    360_000 * scale,
  );

  it(
    'of dispatchers loses nothing that was acknowledged, and leaves nothing half written',
    async () => {
      const acknowledged = new Set<string>();
      for (let round = 0; round < Math.ceil(kills / 4); round += 1) {
        const dispatcher = new Victim(dispatcherScript, [harness.dataDir]);
        for (const ids of await dispatcher.messages(1 + upTo(50))) {
          for (const id of ids as string[]) acknowledged.add(id);
        }
        await dispatcher.kill();
      }
      const executions = await allExecutions();
      const known = new Set(executions.map(({ id }) => id));
      expect([...acknowledged].filter((id) => !known.has(id))).toEqual([]);
      expect(
        executions.filter(({ state, payload }) => state !== 'queued' || payload !== 0),
      ).toEqual([]);
      const integrity = harness.sql((database) => database.prepare('PRAGMA integrity_check').all());
      expect(integrity).toEqual([{ integrity_check: 'ok' }]);
    },
    360_000 * scale,
  );
});
