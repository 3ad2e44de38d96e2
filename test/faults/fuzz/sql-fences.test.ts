// Random statements through read-only sources whose user may write: whatever comes through, no row, no table, no sequence
// and no file has changed afterwards.
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DataSourceDefinition,
  dataSource,
  defineDataSource,
  type ScopedDataSource,
} from '../../../src/datasources/index.js';
import { install } from '../../datasources/support.js';
import { describeWithMaria, freshDatabase } from '../../support/mariadb.js';
import { describeWithPostgres, freshPostgres } from '../../support/postgres.js';
import { type TempFolder, tempFolder } from '../../support/temp-folder.js';
import { eachCase } from './each-case.js';
import { randomStatement } from './sql-statements.js';
import { mariadb, postgres, sqlite, type Target } from './sql-targets.js';

const declared = { env: 'FENCED_URL', role: 'external', embeddedFile: 'fenced.db' } as const;
const Fenced = defineDataSource({ ...declared, name: 'fenced' });
const Open = defineDataSource({ ...declared, name: 'open', readOnly: false });

type SourceOf = (definition: DataSourceDefinition) => ScopedDataSource;

async function carriedOut(
  source: ScopedDataSource,
  statements: readonly string[],
): Promise<string[]> {
  const through: string[] = [];
  await source.use(async (manager) => {
    for (const sql of statements) {
      try {
        await manager.query(sql);
        through.push(sql);
      } catch {
        // Refused by the fence or by the server, or no SQL at all.
      }
    }
  });
  return through;
}

function fuzzed(name: string, url: () => string, target: Target): void {
  it(`writes nothing of random statements, on ${name}`, async () => {
    using folder: TempFolder = tempFolder();
    // The server may be another user.
    chmodSync(folder.path, 0o777);
    const environment = { FENCED_URL: url() };
    const plugins = [{ name: 'fenced', contributes: [dataSource(Fenced), dataSource(Open)] }];
    const { provider, openRun } = install({ environment, plugins });
    const open = async <T>(work: (source: SourceOf) => Promise<T>): Promise<T> => {
      const run = openRun();
      try {
        return await work(run.source);
      } finally {
        await run.scope.dispose();
      }
    };
    const state = (): Promise<string> =>
      open((source) =>
        source(Open).use(async (manager) => {
          const answers: unknown[] = [readdirSync(folder.path)];
          for (const query of target.state) answers.push(await manager.query(query));
          return JSON.stringify(answers, (_, value) =>
            typeof value === 'bigint' ? String(value) : value,
          );
        }),
      );
    await open((source) =>
      source(Open).use(async (manager) => {
        for (const sql of target.schema) await manager.query(sql);
      }),
    );

    let before = await state();
    await eachCase(import.meta.url, 150, async (random, index) => {
      const writers = target.writers(join(folder.path, `${index}.txt`));
      const statements = [
        randomStatement(random, writers),
        ...random.some(3, () => randomStatement(random, writers)),
      ];
      const through = await open((source) => {
        const inTransaction = random.chance(0.3);
        const fenced = source(Fenced);
        if (!inTransaction) return carriedOut(fenced, statements);
        return carriedOut(
          { ...fenced, use: (work) => fenced.transaction(work) } as ScopedDataSource,
          statements,
        ).catch(() => []);
      }).catch((error: Error & { code?: string }) => {
        // What a transaction of the statements' own makes of the use is an error of the use.
        if (!error.code?.startsWith('SKEP_')) throw error;
        return [];
      });
      const after = await state();
      if (after === before) return [];
      const was = before;
      before = after;
      return [
        `${was}\n    became ${after}\n    through ${JSON.stringify(through)}\n    of ${JSON.stringify(statements)}`,
      ];
    });
    await provider.close();
  }, 600_000);
}

describe('read-only sources', () => {
  let folder: TempFolder;
  beforeAll(() => {
    folder = tempFolder();
  });
  afterAll(() => folder[Symbol.dispose]());

  fuzzed('SQLite', () => `sqlite:${join(folder.path, 'fenced.db')}`, sqlite);
});

describeWithMaria('read-only sources', () => {
  const { url } = freshDatabase('fences');
  fuzzed('MariaDB', () => url, mariadb);
});

describeWithPostgres('read-only sources', () => {
  const { url } = freshPostgres('fences');
  fuzzed('PostgreSQL', () => url, postgres);
});
