import { BioStar, Hris, Maria } from '../../src/datasources/index.js';
import { addressOf, embeddedPath, parseTarget } from '../../src/datasources/url.js';
import { errorOf } from './support.js';

const parse = (text: string, definition = Hris) => parseTarget(definition, text, '/site');

describe('the URL of a data source', () => {
  it('names host, port, database, user and password, percent-encoded or not', () => {
    expect(parse('mysql://skep:p%40ss%3Aw%2Frd%23@db.example:3307/hr')).toEqual({
      dialect: 'mariadb',
      host: 'db.example',
      port: 3307,
      user: 'skep',
      password: 'p@ss:w/rd#',
      database: 'hr',
      tls: undefined,
    });
  });

  it.each([
    ['mariadb://h/d', 'mariadb', 3306],
    ['mysql://h/d', 'mariadb', 3306],
    ['postgres://h/d', 'postgres', 5432],
    ['postgresql://h/d', 'postgres', 5432],
    ['mssql://h/d', 'mssql', 1433],
    ['MYSQL://h/d', 'mariadb', 3306],
  ])('%s picks the engine %s and port %i', (text, dialect, port) => {
    expect(parse(text)).toMatchObject({ dialect, port, host: 'h', database: 'd' });
  });

  it('takes IPv6 addresses', () => {
    const target = parse('mysql://u@[::1]:3306/d');
    expect(target).toMatchObject({ host: '::1' });
    expect(addressOf(target)).toBe('mariadb://u@[::1]:3306/d');
  });

  it.each([
    ['sqlite:./hr.db', '/site/hr.db'],
    ['sqlite:hr.db', '/site/hr.db'],
    ['sqlite:../a%20b/hr.db', '/a b/hr.db'],
    ['sqlite:/var/hr.db', '/var/hr.db'],
    ['sqlite:///var/hr.db', '/var/hr.db'],
  ])('%s is the file %s', (text, file) => {
    expect(parse(text)).toEqual({ dialect: 'sqlite', file });
  });

  it.each([
    ['false', false],
    ['true', true],
    ['require', true],
    ['no-verify', { rejectUnauthorized: false }],
  ])('?ssl=%s', (word, tls) => {
    expect(parse(`mysql://h/d?ssl=${word}`)).toMatchObject({ tls });
  });

  const secret = 'hunter2';
  it.each([
    ['', /no scheme/],
    ['not a url', /no scheme/],
    [`oracle://u:${secret}@h/d`, /engine that Skep does not know: "oracle"/],
    [`mysql://u:${secret}@h`, /names no database/],
    [`mysql://u:${secret}@h/a/b`, /names no database/],
    [`mysql://u:${secret}@h:port/d`, /cannot be read/],
    [`mysql://u:${secret}%@h/d`, /"%" in the password/],
    [`mysql://u:${secret}#@h/d`, /cannot be read/],
    [`mysql://u:1?${secret}@h/d`, /names no database/],
    [`mysql://u:${secret}@h/d?${secret}=1`, /option other than ssl/],
    [`mysql://u:${secret}@h/d?ssl=${secret}`, /unknown ssl/],
    ['sqlite:', /names no file/],
    ['sqlite://', /names no file/],
    ['sqlite::memory:', /in memory/],
    ['sqlite:a.db?mode=ro', /options/],
  ])('refuses %s without showing the password', async (text, message) => {
    const error = await errorOf(() => parse(text));
    expect(error).toMatchObject({ code: 'SKEP_DATASOURCE_URL', place: 'HRIS_URL' });
    expect(error.message).toMatch(message);
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain(secret);
  });

  it('lets only MariaDB and SQLite be the application database', async () => {
    expect((await errorOf(() => parse('postgres://h/d', Maria))).message).toBe(
      "MARIA_URL names postgres; the application's database is MariaDB or SQLite",
    );
    expect(parse('mariadb://h/d', Maria)).toMatchObject({ dialect: 'mariadb' });
  });

  it('is a file under the data folder when it is not set', () => {
    expect([Maria, Hris, BioStar].map((source) => embeddedPath(source, '/data'))).toEqual([
      '/data/maria.db',
      '/data/hris.db',
      '/data/biostar.db',
    ]);
  });
});
