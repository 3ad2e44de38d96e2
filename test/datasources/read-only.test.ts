import type { Dialect } from '../../src/datasources/index.js';
import { isReading } from '../../src/datasources/read-only.js';
import { leavesTraces } from '../../src/datasources/traces.js';
import { quick } from '../support/quick.js';

const everywhere: readonly Dialect[] = ['mariadb', 'sqlite', 'postgres', 'mssql'];

describe('the first fence of a read-only source', () => {
  const reading: [string, readonly Dialect[]][] = [
    ['SELECT 1', everywhere],
    ['SELECT 5--1', ['mariadb']],
    ["SELECT /* /* a */ b */ 'x' FROM t", ['postgres', 'mssql']],
    ["SELECT 'a' -- it's\r\nFROM t", everywhere],
    ['SELECT 1 -- a\r, 2', ['postgres']],
    ['SELECT "lo_create" FROM t', ['postgres']],
    ['  select * from a where b = ? ;  ', everywhere],
    ['-- a remark\nSELECT 1', everywhere],
    ['/* delete from a */ SELECT 1', everywhere],
    ["SELECT 'delete from a; drop table b' AS text", everywhere],
    ["SELECT 'it''s; into' AS text", everywhere],
    ['SELECT "into", "update" FROM a', everywhere],
    ['SELECT t.update, t.into FROM t', ['mariadb', 'sqlite', 'postgres']],
    ["SELECT 'a\\'; delete from b' AS text", ['mariadb']],
    ['SELECT `delete`, `into` FROM a # remark', ['mariadb']],
    ['SELECT [delete] FROM a', ['mssql', 'sqlite']],
    ['SELECT $tag$ delete; $tag$', ['postgres']],
    ["SELECT E'\\'; delete'", ['postgres']],
    ['SELECT "a"."delete" AS "update" FROM "a" WHERE "a"."b" = $1', ['postgres']],
    [
      "SELECT REPLACE(a, 'x', 'y'), INSERT(a, 1, 2, 'z'), TRUNCATE(b, 2) FROM c",
      ['mariadb', 'mssql'],
    ],
    ["SELECT replace(a, 'x', 'y') FROM c", ['sqlite', 'postgres']],
    ['(SELECT 1) UNION (SELECT 2)', everywhere],
    ['WITH a AS (SELECT 1) SELECT * FROM a', everywhere],
    ["WITH a AS (SELECT REPLACE(b, 'x', 'y') AS c FROM d) SELECT * FROM a", ['mariadb', 'sqlite']],
    ['VALUES (1), (2)', ['sqlite', 'postgres', 'mariadb']],
    ['SHOW TABLES', ['mariadb']],
    ['SHOW CREATE TABLE a', ['mariadb']],
    ['DESCRIBE a', ['mariadb']],
    ['EXPLAIN SELECT 1', ['mariadb', 'postgres', 'sqlite']],
    ['EXPLAIN QUERY PLAN SELECT 1', ['sqlite']],
    ['EXPLAIN (ANALYZE, BUFFERS) SELECT 1', ['postgres']],
    ['START TRANSACTION', ['mariadb', 'postgres']],
    ['START TRANSACTION READ ONLY', ['mariadb', 'postgres']],
    ['BEGIN TRANSACTION', ['sqlite', 'mssql']],
    ['COMMIT', everywhere],
    ['ROLLBACK TO SAVEPOINT typeorm_1', everywhere],
    ['SAVEPOINT typeorm_1', everywhere],
    ['RELEASE SAVEPOINT typeorm_1', everywhere],
    ['SET TRANSACTION ISOLATION LEVEL READ COMMITTED', ['mariadb', 'postgres']],
    ['PRAGMA table_info("a")', ['sqlite']],
    ["PRAGMA main.index_list('a')", ['sqlite']],
    ['PRAGMA foreign_keys', ['sqlite']],
    ['PRAGMA user_version;', ['sqlite']],
  ];
  it.each(reading)('lets %s through', (sql, dialects) => {
    expect(dialects.filter((dialect) => !isReading(sql, dialect))).toEqual([]);
  });

  const writing: [string, readonly Dialect[]][] = [
    ['', everywhere],
    [';', everywhere],
    // What one engine takes for a comment or a text, and another does not.
    ["SELECT 5--1 INTO OUTFILE '/tmp/o'", ['mariadb']],
    ["SELECT 1 /* /* */ ' */ INTO t --'", ['postgres', 'mssql']],
    ["COMMIT /* /* */ ' */; BEGIN READ WRITE; INSERT INTO t VALUES (1); COMMIT --'", ['postgres']],
    ['SELECT 1 -- \r INTO t', everywhere],
    ["SELECT 1.INTO OUTFILE '/tmp/o'", ['mariadb']],
    ['SELECT `a` `b', everywhere],
    ['SELECT 1\0', everywhere],
    // Functions that act on more than tables.
    ["SELECT writefile('/tmp/x', 'y')", ['sqlite']],
    ["SELECT readfile('/etc/hostname')", ['sqlite']],
    ["SELECT LOAD_FILE('/etc/hostname')", ['mariadb']],
    ["SELECT set_config('default_transaction_read_only', 'off', false)", ['postgres']],
    ['SELECT pg_catalog.lo_create(0)', ['postgres']],
    ["SELECT dblink_exec('x', 'y')", ['postgres']],
    ["SELECT pg_read_file('x')", ['postgres']],
    ['SELECT pg_terminate_backend(1)', ['postgres']],
    ["SELECT query_to_xml('delete from a', true, true, '')", ['postgres']],
    ['SET TRANSACTION READ WRITE', everywhere],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE', ['mariadb', 'postgres']],
    ...[
      'SHUTDOWN',
      'KILL 55',
      "BACKUP DATABASE a TO DISK = 'x'",
      'RESTORE DATABASE a',
      'DENY SELECT ON a TO b',
      'DISABLE TRIGGER a ON b',
      'DBCC FREEPROCCACHE',
      'SET IDENTITY_INSERT a ON',
      'WRITETEXT a b c',
      'RECONFIGURE',
      "WAITFOR DELAY '1'",
    ].map((rest): [string, readonly Dialect[]] => [`SELECT 1 ${rest}`, ['mssql']]),
    ["SELECT * FROM OPENQUERY(s, 'DELETE FROM t')", ['mssql']],
    ['DELETE FROM a', everywhere],
    ['/* SELECT */ DELETE FROM a', everywhere],
    ['-- SELECT\nDELETE FROM a', everywhere],
    ['(DELETE FROM a)', everywhere],
    ['INSERT INTO a VALUES (1)', everywhere],
    ['REPLACE INTO a VALUES (1)', ['mariadb', 'sqlite']],
    ['UPDATE a SET b = 1', everywhere],
    ['CREATE TABLE a (b INT)', everywhere],
    ['DROP TABLE a', everywhere],
    ['TRUNCATE TABLE a', everywhere],
    ['SELECT 1; DELETE FROM a', everywhere],
    ['SELECT 1 DELETE FROM a', ['mssql']],
    ['SELECT 1 EXEC sp_who', ['mssql']],
    ['WITH a AS (SELECT 1) DELETE FROM b', everywhere],
    ['WITH a AS (DELETE FROM b RETURNING *) SELECT * FROM a', ['postgres']],
    ['WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a', ['sqlite', 'postgres']],
    ['WITH a AS (SELECT 1) REPLACE INTO b SELECT * FROM a', ['sqlite']],
    ["SELECT * FROM a INTO OUTFILE '/tmp/a'", ['mariadb']],
    ['SELECT a INTO @b FROM c', ['mariadb']],
    ['SELECT * INTO b FROM a', ['postgres', 'mssql']],
    ['SELECT * FROM a FOR UPDATE', ['mariadb', 'postgres']],
    ['SELECT * FROM a FOR NO KEY UPDATE', ['postgres']],
    ['SELECT * FROM a FOR SHARE', ['postgres', 'mariadb']],
    ['SELECT * FROM a LOCK IN SHARE MODE', ['mariadb']],
    ['EXPLAIN ANALYZE DELETE FROM a', ['postgres']],
    ['EXPLAIN (ANALYZE) UPDATE a SET b = 1', ['postgres']],
    ['EXPLAIN ANALYZE CREATE TABLE a AS SELECT 1', ['postgres']],
    ['EXPLAIN ANALYZE EXECUTE plan', ['postgres']],
    ['ANALYZE DELETE FROM a', ['mariadb']],
    ['ANALYZE FORMAT=JSON DELETE FROM a', ['mariadb']],
    ['SELECT 1 /*! INTO OUTFILE "/tmp/a" */', ['mariadb']],
    ['SELECT 1 /*M! INTO OUTFILE "/tmp/a" */', ['mariadb']],
    ['SELECT 1 /*!50000 FOR UPDATE */', ['mariadb']],
    ['/*! DELETE FROM a */', ['mariadb']],
    ["SELECT 'not ended", everywhere],
    ['SELECT 1 /* not ended', everywhere],
    ['SET SESSION TRANSACTION READ WRITE', ['mariadb']],
    ['SET TRANSACTION READ WRITE', ['mariadb', 'postgres']],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ WRITE', ['mariadb', 'postgres']],
    ['SET default_transaction_read_only = off', ['postgres']],
    ['SET @a := 1', ['mariadb']],
    ['START TRANSACTION READ WRITE', ['mariadb', 'postgres']],
    ['BEGIN READ WRITE', ['postgres']],
    ['BEGIN NOT ATOMIC DELETE FROM a; END', ['mariadb']],
    ['START SLAVE', ['mariadb']],
    ['PRAGMA query_only = OFF', ['sqlite']],
    ['PRAGMA query_only(0)', ['sqlite']],
    ['PRAGMA journal_mode(DELETE)', ['sqlite']],
    ['PRAGMA user_version = 3', ['sqlite']],
    ['PRAGMA wal_checkpoint(TRUNCATE)', ['sqlite']],
    ['PRAGMA writable_schema', ['sqlite']],
    ["ATTACH 'b.db' AS b", ['sqlite']],
    ['VACUUM', ['sqlite', 'postgres']],
    ['CALL make_room()', everywhere],
    ['DO SLEEP(1)', ['mariadb', 'postgres']],
    ['LOCK TABLES a WRITE', ['mariadb']],
    ['GRANT ALL ON a TO b', everywhere],
    ['COPY a FROM STDIN', ['postgres']],
    ["LOAD DATA INFILE 'a' INTO TABLE b", ['mariadb']],
    ['HANDLER a OPEN', ['mariadb']],
    ['USE other', ['mariadb', 'mssql']],
    ['KILL 5', ['mariadb', 'mssql']],
  ];
  it.each(writing)('stops %s', (sql, dialects) => {
    expect(dialects.filter((dialect) => isReading(sql, dialect))).toEqual([]);
  });

  it('is quick with long statements', async () => {
    const long = `SELECT * FROM a WHERE b IN (${Array.from({ length: 20_000 }, (_, i) => i).join(', ')})`;
    await quick(1_000, async () => {
      const began = performance.now();
      expect(isReading(long, 'mariadb')).toBe(true);
      expect(isReading(`${' '.repeat(100_000)}SELECT 1`, 'mariadb')).toBe(true);
      expect(isReading(`SELECT '${'\\a'.repeat(100_000)}`, 'mariadb')).toBe(false);
      return performance.now() - began;
    });
  });
});

describe('what a statement leaves in its session', () => {
  it.each([
    'SET SESSION group_concat_max_len = 10000',
    'SET @a = 1',
    'SELECT @a := 1',
    "SELECT GET_LOCK('a', 1)",
    'SELECT pg_advisory_lock(1)',
    'SELECT b INTO @a FROM c',
    'CREATE TEMPORARY TABLE a (b INT)',
    'create or replace temp table a (b int)',
    'START TRANSACTION',
    'BEGIN',
    'LOCK TABLES a READ',
    'USE other',
    'PREPARE a FROM "SELECT 1"',
    'PRAGMA foreign_keys = OFF',
    "ATTACH 'b.db' AS b",
  ])('%s leaves traces', (sql) => {
    expect(leavesTraces(sql, 'sqlite', false)).toBe(true);
  });

  it.each([
    'SELECT * FROM a',
    '/* remark */ select 1',
    'INSERT INTO a VALUES (1)',
    'UPDATE a SET b = 1',
    'CREATE TABLE a (b INT)',
    'COMMIT',
    'SAVEPOINT typeorm_1',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'PRAGMA table_info("a")',
  ])('%s leaves none', (sql) => {
    expect(leavesTraces(sql, 'sqlite', false)).toBe(false);
  });

  it('knows variables that MariaDB sets for one statement', () => {
    const traces = (sql: string) => leavesTraces(sql, 'mariadb', false);
    expect(traces('SET STATEMENT max_statement_time = 1 FOR UPDATE a SET b = 1')).toBe(false);
    expect(traces('/*M! SET STATEMENT a = 1, b = 2 FOR */ SELECT 1')).toBe(false);
    expect(traces('SET STATEMENT a = 1 FOR SET @b = 1')).toBe(true);
    expect(traces('/*M! SET SESSION a = 1 */')).toBe(true);
  });

  it('knows a transaction that TypeORM itself began', () => {
    expect(leavesTraces('START TRANSACTION', 'mariadb', true)).toBe(false);
  });
});
