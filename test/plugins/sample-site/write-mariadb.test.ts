// The same site in MariaDB: equal rows, real types, and nothing lost of a site that is there.
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { planSite, writeLater, writeSite } from '../../../src/plugins/sample-site/index.js';
import { describeWithMaria, freshDatabase } from '../../support/mariadb.js';
import { dumpFiles, newFolder, removeFolders, urlsIn } from './site-files.js';

const plan = planSite({ until: '2025-11-05', employees: 40, days: 12 });

describeWithMaria('a site in MariaDB', () => {
  const hris = freshDatabase('hris');
  const biostar = freshDatabase('biostar');
  const urls = { hris: hris.url, biostar: biostar.url };
  const files = urlsIn(newFolder());
  afterAll(removeFolders);

  it('has the rows of the SQLite files, as written and after the later step', async () => {
    await writeSite(plan, urls);
    await writeSite(plan, files);
    expect(await dumpServer(urls.hris, urls.biostar)).toEqual(dumpFiles(files));
    await writeLater(plan, urls);
    await writeLater(plan, files);
    expect(await dumpServer(urls.hris, urls.biostar)).toEqual(dumpFiles(files));
  });

  it('has the types of the real systems', async () => {
    const types = async (url: string, table: string): Promise<unknown> => {
      const columns = await rows(url, `SHOW COLUMNS FROM \`${table}\``);
      return columns.map(({ Field, Type, Null, Key }) => [Field, Type, Null, Key]);
    };
    expect(await types(urls.hris, 'HR_Employee')).toEqual([
      ['ID', 'int(11)', 'NO', 'PRI'],
      ['Code', 'varchar(128)', 'NO', ''],
      ['NameEn', 'varchar(128)', 'NO', ''],
      ['NameAr', 'varchar(128)', 'NO', ''],
      ['IsActive', 'tinyint(1)', 'NO', ''],
      ['HireDate', 'date', 'NO', ''],
      ['TerminationDate', 'date', 'YES', ''],
      ['ModifiedAt', 'datetime', 'NO', ''],
    ]);
    expect(await types(urls.biostar, 't_lg202511')).toEqual([
      ['EVTLGUID', 'bigint(20)', 'NO', 'PRI'],
      ['SRVDT', 'datetime', 'NO', ''],
      ['DEVDT', 'int(11)', 'NO', ''],
      ['DEVUID', 'int(11)', 'NO', ''],
      ['USRID', 'varchar(128)', 'NO', ''],
      ['EVT', 'int(11)', 'NO', ''],
      ['TNAKEY', 'int(11)', 'YES', ''],
    ]);
  });

  it('is not written over, nor taken away by the attempt', async () => {
    const before = await dumpServer(urls.hris, urls.biostar);
    await expect(writeSite(plan, urls)).rejects.toThrow('exists');
    expect(await dumpServer(urls.hris, urls.biostar)).toEqual(before);
  });
});

/** Every row of both databases, by table, in the order of the keys. */
async function dumpServer(...urls: string[]): Promise<Record<string, unknown[]>> {
  const dump: Record<string, unknown[]> = {};
  for (const url of urls) {
    const names = (await rows(url, 'SHOW TABLES')).flatMap((row) => Object.values(row) as string[]);
    for (const name of names) dump[name] = await rows(url, `SELECT * FROM \`${name}\` ORDER BY 1`);
  }
  return dump;
}

async function rows(uri: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri, dateStrings: true });
  try {
    return (await connection.query<RowDataPacket[]>(sql))[0];
  } finally {
    await connection.end();
  }
}
