// The same site in PostgreSQL: equal rows, and nothing lost of a site that is there.
import { planSite, writeLater, writeSite } from '../../../src/plugins/sample-site/index.js';
import { connectPostgres, describeWithPostgres, freshPostgres } from '../../support/postgres.js';
import { dumpFiles, newFolder, removeFolders, urlsIn } from './site-files.js';

const plan = planSite({ until: '2025-11-05', employees: 40, days: 12 });

describeWithPostgres('a site in PostgreSQL', () => {
  const urls = { hris: freshPostgres('hris').url, biostar: freshPostgres('biostar').url };
  const files = urlsIn(newFolder());
  afterAll(removeFolders);

  it('has the rows of the SQLite files, as written and after the later step', async () => {
    await writeSite(plan, urls);
    await writeSite(plan, files);
    expect(await dumpServer(urls.hris, urls.biostar)).toEqual(inLowerCase(dumpFiles(files)));
    await writeLater(plan, urls);
    await writeLater(plan, files);
    expect(await dumpServer(urls.hris, urls.biostar)).toEqual(inLowerCase(dumpFiles(files)));
  });

  it('is not written over, nor taken away by the attempt', async () => {
    const before = await dumpServer(urls.hris, urls.biostar);
    await expect(writeSite(plan, urls)).rejects.toThrow('exists');
    expect(await dumpServer(urls.hris, urls.biostar)).toEqual(before);
  });
});

type Dump = Record<string, unknown[]>;

/** Rows as the server returns them: names in lower case, numbers as they are, everything else as text. */
async function dumpServer(...databases: string[]): Promise<Dump> {
  const dump: Dump = {};
  for (const url of databases) {
    const client = await connectPostgres(url);
    try {
      const { rows: tables } = await client.query<{ name: string }>(
        'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()',
      );
      for (const { name } of tables) {
        const { rows } = await client.query<{ row: object }>(
          `SELECT row_to_json(t) AS row FROM ${name} t ORDER BY t`,
        );
        dump[name] = rows.map(({ row }) => withSpace(row));
      }
    } finally {
      await client.end();
    }
  }
  return dump;
}

/** JSON writes a T between date and time. */
const withSpace = (row: object): unknown =>
  JSON.parse(JSON.stringify(row).replace(/"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)"/g, '"$1 $2"'));

const inLowerCase = (dump: Dump): Dump =>
  Object.fromEntries(
    Object.entries(dump).map(([name, rows]) => [
      name.toLowerCase(),
      rows.map((row) =>
        Object.fromEntries(
          Object.entries(row as object).map(([column, value]) => [column.toLowerCase(), value]),
        ),
      ),
    ]),
  );
