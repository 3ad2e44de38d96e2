// The leak proof (DESIGN, invariant 1): runs that end in every way there is, twenty at a time, on a real server through the
// real runner. Afterwards the server has no connection of theirs, and the ledgers say the same.
import { type Connection, createConnection } from 'mysql2/promise';
import type { EntityManager } from 'typeorm';
import type { RunScope, ScopeExtension } from '../../src/core/run/scope.js';
import { BioStar, Hris, Maria, type ScopedDataSource } from '../../src/datasources/index.js';
import type { ScopeLeases } from '../../src/datasources/scope-leases.js';
import { inject, Task, TimeLimit } from '../../src/index.js';
import { createHarness, envelopeOf } from '../support/harness.js';
import { describeWithMaria, freshDatabase, processList } from '../support/mariadb.js';
import { until } from '../support/until.js';
import { install } from './support.js';

const atOneTime = 20;

/** Two connections of two sources, one of them in a transaction that writes. */
async function work(maria: ScopedDataSource, hris: ScopedDataSource): Promise<void> {
  await hris.use((m) => m.query('SELECT 1'));
  await maria.transaction((m) => m.query('INSERT INTO log VALUES (1)'));
}

/** Runs that end by themselves, in the way that their payload says. */
@Task({ code: 'ends' })
class Ends {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(Hris) private readonly hris: ScopedDataSource,
    @inject(BioStar) private readonly bioStar: ScopedDataSource,
  ) {}

  async run(how: Ending): Promise<void> {
    if (how !== 'forgets to await') await work(this.maria, this.hris);
    await this[how]();
  }

  async succeeds(): Promise<void> {
    await Promise.all([1, 2].map(() => this.maria.use((m) => m.query('SELECT 1'))));
  }

  async throws(): Promise<void> {
    await this.maria.transaction(async (m) => {
      await m.query('INSERT INTO log VALUES (2)');
      throw new Error('of the task');
    });
  }

  async 'fails to connect'(): Promise<void> {
    await this.bioStar.use((m) => m.query('SELECT 1'));
  }

  async 'forgets to await'(): Promise<void> {
    const floating = [
      work(this.maria, this.hris),
      this.hris.use((m) => m.query('SELECT SLEEP(600)')),
      this.maria.transaction(async (m) => {
        await m.query('INSERT INTO log VALUES (3)');
        await new Promise(() => undefined);
      }),
      this.bioStar.use((m) => m.query('SELECT 1')),
    ];
    for (const each of floating) each.catch(() => undefined);
    // Some have connected by then, some are connecting.
    if (Math.random() < 0.5) await this.hris.use((m) => m.query('SELECT 1'));
  }

  async 'fails while disposing'(): Promise<void> {
    await this.hris.use(async (m) => {
      // The connection is cut under the runtime's feet.
      const raw = await m.queryRunner?.connect();
      raw.stream.destroy();
    });
  }
}

/**
 * Waits for a lock that the suite holds. Not SLEEP: all sleepers of a MariaDB share one mutex, and where many are killed
 * at once each kill can take two seconds.
 */
const waiting = "SELECT GET_LOCK('held by the suite', 60)";

/** Connections on which a statement was sent that lasts longer than its run. */
let atStatements = 0;

/** Is left behind while the server executes two of its statements. */
@Task({ code: 'times_out' })
// Long enough that it has connected by then, on a busy machine too.
@TimeLimit({ hard: '1s' })
class TimesOut {
  constructor(
    @inject(Maria) private readonly maria: ScopedDataSource,
    @inject(Hris) private readonly hris: ScopedDataSource,
  ) {}

  async run(): Promise<void> {
    await work(this.maria, this.hris);
    const isLeftAt = (statement: string) => (m: EntityManager) => {
      atStatements += 1;
      return m.query(statement);
    };
    await Promise.all([
      this.hris.use(isLeftAt(waiting)),
      this.maria.transaction(isLeftAt(`INSERT INTO log ${waiting}`)),
    ]);
  }
}

type Ending = (typeof endings)[number];
const endings = [
  'succeeds',
  'throws',
  'fails to connect',
  'forgets to await',
  'fails while disposing',
] as const;
const kinds = endings.length + 1;
const envelopes = [
  ...endings.map((how) => envelopeOf('ends', how, { id: how })),
  envelopeOf('times_out', null, { id: 'times out' }),
];

/** Steps of disposal that throw, before and after those of the sources. */
const failingDisposal: ScopeExtension = {
  open(scope: RunScope) {
    if (scope.identity.executionId === 'fails while disposing') {
      for (const phase of ['external', 'application'] as const) {
        scope.onDispose(`a failing ${phase} step`, phase, () => {
          throw new Error('of the disposal');
        });
      }
    }
    return {
      kill: async () => undefined,
      ledger: () => ({ opened: 0, closed: 0, killed: 0, leaked: 0 }),
    };
  },
};

/**
 * Declares the suite.
 * @param runsOf how many of them, for each lifetime of connections; shared ones are few, whatever the runs are.
 */
export function proveNoLeaks(runsOf: Readonly<Record<'run' | 'shared', number>>): void {
  describeWithMaria('after many runs', () => {
    const database = freshDatabase('leaks');
    let holder: Connection;
    beforeAll(async () => {
      holder = await createConnection({ uri: new URL('/', database.url).href });
      await holder.query(waiting);
    });
    afterAll(() => holder.end());
    const connections = async () =>
      (await processList(database.url)).filter((each) => each.database === database.name);

    it.each([
      ['run', runsOf.run],
      ['shared', runsOf.shared],
    ] as const)(
      'no connection of theirs is left, with lifetime %s and %i runs',
      async (lifetime, runs) => {
        const environment = {
          MARIA_URL: database.url,
          HRIS_URL: database.url,
          // Of the ports that are reserved for the system, so that no other test listens there meanwhile.
          BIOSTAR_URL: 'mysql://u:p@127.0.0.1:1/d',
        };
        const pool = { max: 3 * atOneTime };
        const options = { maria: { lifetime, pool }, hris: { lifetime, pool } };
        const { provider, openRun, lines: sourceLines } = install({ environment, options });
        const first = openRun();
        await first.source(Maria).use((m) => m.query('CREATE TABLE IF NOT EXISTS log (n INTEGER)'));
        await first.scope.dispose();

        const leases: ScopeLeases[] = [];
        const recording: ScopeExtension = {
          open(scope) {
            const part = provider.open(scope);
            leases.push(part);
            return part;
          },
        };
        const { perform, lines } = createHarness({
          tasks: [Ends, TimesOut],
          extensions: [failingDisposal, recording],
          // Not what is tested here: a slow machine must not cut disposal short.
          disposeTimeoutMs: 20_000,
        });
        atStatements = 0;
        const states = new Map<string, number>();
        let next = 0;
        const oneAfterTheOther = async (): Promise<void> => {
          while (next < runs) {
            const envelope = envelopes[next++ % kinds];
            const settled = await perform(envelope);
            const state = `${envelope?.id}: ${settled.kind === 'final' ? settled.state : settled.kind}`;
            states.set(state, (states.get(state) ?? 0) + 1);
          }
        };
        await Promise.all(Array.from({ length: atOneTime }, oneAfterTheOther));

        // The runs did end in all those ways.
        expect([...states.keys()].sort()).toEqual([
          'fails to connect: failed',
          'fails while disposing: success',
          'forgets to await: failed',
          'succeeds: success',
          'throws: failed',
          'times out: timed_out',
        ]);
        expect(
          lines.filter(({ message }) => /disposing a failing .* failed/.test(message)).length,
        ).toBe(2 * (states.get('fails while disposing: success') ?? 0));

        // A machine that stands still for so long has a connection cut that did not close in time.
        const told = sourceLines.filter(
          ({ level, fields: { error } }) =>
            level !== 'debug' && !(error instanceof Error && error.name === 'NotInTime'),
        );
        expect(told).toEqual([]);

        // The ledgers say that everything was ended …
        const ledgers = leases.map((part) => part.ledger());
        const sum = (key: 'opened' | 'closed' | 'killed' | 'leaked'): number =>
          ledgers.reduce((total, ledger) => total + ledger[key], 0);
        expect(sum('leaked')).toBe(0);
        expect(sum('closed') + sum('killed')).toBe(sum('opened'));
        expect(sum('opened')).toBeGreaterThan(2 * runs - runs / kinds);
        expect(atStatements).toBeGreaterThan(0);
        expect(sum('killed')).toBeGreaterThanOrEqual(atStatements);

        // … and the server agrees, by the ids that it gave itself.
        if (lifetime === 'shared') await provider.close();
        const ids = new Set(
          leases.flatMap((part) => part.records().map(({ connectionId }) => connectionId)),
        );
        await until(async () => (await connections()).every(({ id }) => !ids.has(id)));
        await until(async () => (await connections()).length === 0);
        const { opened, closed, killed, leaked, open } = provider.account();
        expect({ open, leaked, ended: closed + killed }).toEqual({
          open: 0,
          leaked: 0,
          ended: opened,
        });
        await provider.close();
      },
      300_000,
    );
  });
}
