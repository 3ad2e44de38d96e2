// What `skep doctor` says of the rights of an external user, and the statements of the guide that give the right ones.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceWarnings } from '../../src/cli/terminal/source-warnings.js';
import { rolesOf, writingRights } from '../../src/datasources/engines/mariadb-rights.js';
import { dataSource, defineDataSource } from '../../src/datasources/index.js';
import { describeWithMaria, freshDatabase, statement } from '../support/mariadb.js';
import { connectPostgres, describeWithPostgres, freshPostgres } from '../support/postgres.js';
import { install } from './support.js';

const Hr = defineDataSource({ name: 'hr', env: 'HR_URL', role: 'external', embeddedFile: 'hr.db' });

async function rightsAt(url: string): Promise<readonly string[] | undefined> {
  const { provider } = install({
    environment: { HR_URL: url },
    plugins: [{ name: 'hr', contributes: [dataSource(Hr)] }],
  });
  try {
    return (await provider.probe(Hr)).mayWrite;
  } finally {
    await provider.close();
  }
}

const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/data-sources.md'), 'utf8');

/** The statements of the guide for an engine, with names of this test in place of the guide's. */
function grants(engine: string, names: Readonly<Record<string, string>>): string[] {
  const block = new RegExp(`<!-- grants: ${engine} -->\n\`\`\`sql\n([\\s\\S]*?)\`\`\``).exec(
    guide,
  )?.[1];
  if (block === undefined) throw new Error(`the guide has no grants for ${engine}`);
  let text = block;
  for (const [from, to] of Object.entries(names)) text = text.replaceAll(from, to);
  return text
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

const newName = (): string => `skep_r${randomBytes(5).toString('hex')}`;
const at = (url: string, user: string): string => {
  const parsed = new URL(url);
  parsed.username = user;
  parsed.password = 'a-long-password';
  return parsed.href;
};

describeWithMaria('rights of a user of MariaDB', () => {
  const { url, name } = freshDatabase('rights');
  const user = newName();
  const role = newName();
  const names = { skep_hris: user, '`hris`': `\`${name}\`` };
  beforeAll(async () => {
    for (const sql of grants('mariadb', names)) await statement(sql);
    await statement(`CREATE ROLE ${role}`);
  });
  afterAll(async () => {
    await statement(`DROP USER '${user}'@'%'`);
    await statement(`DROP ROLE ${role}`);
  });

  it('are no more than reading with what the guide grants', async () => {
    expect(await rightsAt(at(url, user))).toEqual([]);
  });

  it('are named where they are more, also through a role that is not in force', async () => {
    await statement(`GRANT FILE ON *.* TO '${user}'@'%'`);
    await statement(`GRANT INSERT, SELECT ON \`${name}\`.* TO '${user}'@'%'`);
    await statement(`GRANT DELETE ON \`${name}\`.* TO ${role}`);
    await statement(`GRANT ${role} TO '${user}'@'%'`);
    const rights = await rightsAt(at(url, user));
    expect(rights).toEqual(
      expect.arrayContaining(['FILE on *.*', `INSERT on \`${name}\`.*`, `DELETE on \`${name}\`.*`]),
    );
    expect(rights?.join()).not.toMatch(/SELECT|SHOW VIEW|USAGE/);
  });
});

describeWithPostgres('rights of a user of PostgreSQL', () => {
  const { url } = freshPostgres('rights');
  const user = newName();
  const all = (...sql: string[]): Promise<void> => allIn(url, ...sql);
  const allIn = async (database: string, ...sql: string[]): Promise<void> => {
    const client = await connectPostgres(database);
    try {
      for (const each of sql) await client.query(each);
    } finally {
      await client.end();
    }
  };
  beforeAll(() => all('CREATE TABLE t (v TEXT)', ...grants('postgres', { skep_hris: user })));
  // Its own database is gone by then.
  afterAll(() => allIn(new URL('postgres', url).href, `DROP ROLE ${user}`));

  it('are no more than reading with what the guide grants', async () => {
    expect(await rightsAt(at(url, user))).toEqual([]);
  });

  it('are named where they are more', async () => {
    await all(`GRANT UPDATE ON t TO ${user}`, `GRANT pg_write_server_files TO ${user}`);
    await all(`ALTER ROLE ${user} CREATEDB`);
    expect(await rightsAt(at(url, user))).toEqual(
      expect.arrayContaining(['CREATEDB', 'member of pg_write_server_files', 'writing to t']),
    );
  });
});

describe('what SHOW GRANTS says', () => {
  it('is read whatever the names are', () => {
    expect(
      writingRights([
        "GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*1'",
        'GRANT SELECT (a, b), INSERT (c) ON `x ON y`.`t` TO `a`@`%`',
        'GRANT ALL PRIVILEGES ON `d`.* TO `a`@`%` WITH GRANT OPTION',
        'GRANT EXECUTE ON PROCEDURE `d`.`p` TO `a`@`%`',
        'GRANT `role` TO `a`@`%`',
      ]),
    ).toEqual([
      'INSERT on `x ON y`.`t`',
      'ALL PRIVILEGES on `d`.*',
      'GRANT OPTION on `d`.*',
      'EXECUTE on `d`.`p`',
    ]);
    expect(rolesOf(['GRANT `my role` TO `a`@`%`', 'GRANT SELECT ON *.* TO `a`@`%`'])).toEqual([
      '`my role`',
    ]);
  });
});

describe('warnings of a source that works', () => {
  const report = {
    name: 'hr',
    dialect: 'mariadb',
    address: 'mysql://u@db:3306/hr',
    version: 'MariaDB 11',
    connectMs: 1,
    latencyMs: 1,
    readOnly: true,
  } as const;
  const transport = { isLoopback: false, isEncrypted: true, isVerified: true };

  it.each([
    [{}, []],
    [{ transport }, []],
    [{ transport: { ...transport, isLoopback: true, isEncrypted: false } }, []],
    [{ transport: { ...transport, isEncrypted: false } }, ['not encrypted']],
    [{ transport: { ...transport, isVerified: false } }, ['not verified']],
    [{ mayWrite: [] }, []],
    [{ mayWrite: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }, ['a, b, c, d, e and 2 more']],
  ])('%j', (facts, words) => {
    const warnings = sourceWarnings({ ...report, ...facts }).map(({ message }) => message);
    expect(warnings).toEqual(words.map((each) => expect.stringContaining(each)));
  });
});
