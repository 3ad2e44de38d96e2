// Damages what an installation has stored, as somebody may who writes to its database, its queue file or its Redis.
import { Redis } from 'ioredis';
import {
  dataSource,
  defineDataSource,
  type ScopedDataSource,
} from '../../../src/datasources/index.js';
import { install } from '../../datasources/support.js';
import { relaxed } from '../../support/damage.js';
import { deepJson, hostileJson, hostileText, torn } from './hostile-text.js';
import type { Random } from './random.js';

const Damaged = defineDataSource({
  name: 'damaged',
  env: 'DAMAGED_URL',
  role: 'external',
  embeddedFile: 'damaged.db',
  readOnly: false,
});

/** Begins what is told of a damage that the server did not take. */
export const refused = 'refused:';

/** A literal of SQL; a backslash begins an escape in MariaDB. */
const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\0', '')}'`;

/** What may stand in any column of a table without types, and much of it in others, too. */
function literal(random: Random): string {
  const kinds = [
    () => 'NULL',
    () =>
      random.one(['0', '-1', '1', '9223372036854775807', '-9223372036854775808', '1e308', '1.5']),
    () => random.one(["''", "'moonrise'", "'0s'", "'1ms'", "'yesterday'", "'0000-00-00 00:00:00'"]),
    () =>
      random.one([
        "'9999-12-31 23:59:59'",
        "'2026-02-30 00:00:00'",
        "'Mars/Base'",
        "'99 99 * * *'",
      ]),
    () => random.one(["x'ff'", "x'c7e1e3cf'", "x'00'", "x'eda0bd'"]),
    () => quoted(hostileText(random).replaceAll(/\p{Surrogate}/gu, '')),
    () => quoted(hostileJson(random)),
    () => quoted(deepJson(random).slice(0, 60_000)),
  ];
  return random.one(kinds)();
}

export class SqlDamage implements AsyncDisposable {
  readonly #installed: ReturnType<typeof install>;
  readonly #run: ReturnType<ReturnType<typeof install>['openRun']>;

  /** @param tables those that are damaged */
  constructor(
    url: string,
    private readonly tables: readonly string[],
  ) {
    this.#installed = install({
      environment: { DAMAGED_URL: url },
      plugins: [{ name: 'damage', contributes: [dataSource(Damaged)] }],
    });
    this.#run = this.#installed.openRun();
  }

  /**
   * Puts something into one column of one row.
   * @param spared ids of executions that stay as they are
   * @returns the statement
   */
  async one(random: Random, spared: readonly string[]): Promise<string> {
    return this.#use(async (manager, dialect) => {
      const table = random.one(this.tables);
      const columns = await this.#columns(manager, dialect, table);
      const rows: Record<string, unknown>[] = await manager.query(
        `SELECT * FROM ${table} LIMIT 200`,
      );
      const key =
        columns.find((name) => ['id', 'execution_id', 'name'].includes(name)) ?? columns[0];
      if (key === undefined) return `no ${table}`;
      const hurt = rows.map((row) => row[key]).filter((id) => !spared.includes(String(id)));
      if (hurt.length === 0) return `${table} is empty`;
      const where = `${key} = ${quoted(String(random.one(hurt)))}`;
      const sql = `UPDATE ${table} SET ${random.one(columns)} = ${literal(random)} WHERE ${where}`;
      return relaxed(manager, dialect, sql).then(
        () => sql.slice(0, 300),
        // The server does not take everything.
        () => `${refused} ${sql.slice(0, 300)}`,
      );
    });
  }

  async #columns(
    manager: Parameters<typeof relaxed>[0],
    dialect: string,
    table: string,
  ): Promise<string[]> {
    const sql =
      dialect === 'sqlite'
        ? `SELECT name FROM pragma_table_info('${table}')`
        : `SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${table}'`;
    return ((await manager.query(sql, [])) as { name: string }[]).map(({ name }) => name);
  }

  #use<T>(
    work: (
      manager: Parameters<Parameters<ScopedDataSource['use']>[0]>[0],
      dialect: string,
    ) => Promise<T>,
  ): Promise<T> {
    const source = this.#run.source(Damaged);
    return source.use((manager) => work(manager, source.dialect));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run.scope.dispose();
    await this.#installed.provider.close();
  }
}

export class RedisDamage implements AsyncDisposable {
  readonly #redis: Redis;

  constructor(
    url: string,
    private readonly prefix: string,
  ) {
    this.#redis = new Redis(url);
  }

  /** Changes one value of one key, of the same type: what Redis itself refuses is not Skep's to survive. */
  async one(random: Random, spared: readonly string[]): Promise<string> {
    const keys = (await this.#redis.keys(`*${this.prefix}*`)).sort();
    if (keys.length === 0) return 'no key';
    const key = random.one(keys);
    const type = await this.#redis.type(key);
    if (type === 'hash') {
      const fields = (await this.#redis.hkeys(key))
        .filter((field) => !spared.includes(field))
        .sort();
      const field = fields.length > 0 ? random.one(fields) : hostileText(random);
      const value = text(random, (await this.#redis.hget(key, field)) ?? '{}');
      await this.#redis.hset(key, field, value);
      return `${key} ${field} ${value.slice(0, 200)}`;
    }
    const member = hostileText(random);
    if (type === 'list') await this.#redis.lpush(key, member);
    else if (type === 'zset')
      await this.#redis.zadd(key, random.one(['0', '-1', '1e300', '+inf']), member);
    else if (type === 'set') await this.#redis.sadd(key, member);
    else return `${key} is left as it is`;
    return `${key} ${JSON.stringify(member)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#redis.quit();
  }
}

function text(random: Random, before: string): string {
  return random.one([
    () => torn(random, before),
    () => hostileJson(random),
    () => hostileText(random),
    () => `{"data":${hostileJson(random)},"options":${hostileJson(random, 1)},"status":"created"}`,
    () => deepJson(random),
  ])();
}
