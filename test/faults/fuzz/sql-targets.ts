// What random statements try on each engine, and how it is told that something has changed.

/** A database as a random statement finds it. */
export interface Target {
  /** Tables, functions, and whatever else a statement may try. */
  readonly schema: readonly string[];
  /** Statements that write, in every way that the server has. @param file does not exist yet. */
  readonly writers: (file: string) => readonly string[];
  /** Queries whose answers together are the state of the database. */
  readonly state: readonly string[];
}

export const sqlite: Target = {
  schema: [
    'CREATE TABLE t (v TEXT)',
    "INSERT INTO t VALUES ('a')",
    'CREATE VIEW w AS SELECT v FROM t',
  ],
  writers: (file) => [
    "INSERT INTO t VALUES ('b')",
    "UPDATE t SET v = 'b'",
    'DELETE FROM t',
    "REPLACE INTO t VALUES ('b')",
    'DROP TABLE t',
    'CREATE TABLE u (v TEXT)',
    'CREATE TEMP TABLE u (v TEXT)',
    `SELECT writefile('${file}', 'x')`,
    `ATTACH '${file}' AS x`,
    `ATTACH '${file}' AS x; CREATE TABLE x.a (v)`,
    `VACUUM INTO '${file}'`,
    'VACUUM',
    'PRAGMA user_version = 7',
    'PRAGMA application_id = 7',
    'PRAGMA journal_mode = DELETE',
    'PRAGMA query_only = 0',
    'PRAGMA writable_schema = 1',
    "SELECT load_extension('x')",
    'ANALYZE',
    'REINDEX',
  ],
  state: [
    'SELECT * FROM t',
    'SELECT name FROM sqlite_master',
    'PRAGMA user_version',
    'PRAGMA application_id',
    'PRAGMA journal_mode',
  ],
};

export const mariadb: Target = {
  schema: [
    'CREATE TABLE t (v VARCHAR(20)) ENGINE=InnoDB',
    'CREATE TABLE m (v VARCHAR(20)) ENGINE=MyISAM',
    "INSERT INTO t VALUES ('a')",
    'CREATE SEQUENCE s',
    "CREATE FUNCTION wf() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO t VALUES ('f'); RETURN 1; END",
    'CREATE FUNCTION setrw() RETURNS INT BEGIN SET SESSION TRANSACTION READ WRITE; RETURN 1; END',
    "CREATE PROCEDURE wp() INSERT INTO t VALUES ('p')",
  ],
  writers: (file) => [
    "INSERT INTO t VALUES ('b')",
    "INSERT INTO m VALUES ('b')",
    "UPDATE t SET v = 'b'",
    'DELETE FROM t',
    "REPLACE INTO t VALUES ('b')",
    'DROP TABLE t',
    'TRUNCATE TABLE t',
    'CREATE TABLE u (v INT)',
    `SELECT 1 INTO OUTFILE '${file}'`,
    ` INTO OUTFILE '${file}'`,
    ` INTO DUMPFILE '${file}'`,
    'SELECT wf()',
    'SELECT setrw()',
    'SET SESSION TRANSACTION READ WRITE',
    'CALL wp()',
    'SELECT NEXTVAL(s)',
    'SELECT NEXT VALUE FOR s',
    'SELECT SETVAL(s, 900)',
    "EXECUTE IMMEDIATE 'INSERT INTO t VALUES (1)'",
    "BEGIN NOT ATOMIC INSERT INTO t VALUES ('c'); END",
    "SET STATEMENT max_statement_time=1 FOR INSERT INTO t VALUES ('c')",
    `SELECT v FROM t WHERE v = '\\' INTO OUTFILE '${file}' -- '`,
    'ALTER TABLE t ADD COLUMN x INT',
    'LOCK TABLES t WRITE',
    'SELECT * FROM t FOR UPDATE',
  ],
  state: [
    'SELECT * FROM t',
    'SELECT * FROM m',
    'SHOW FULL TABLES',
    'SHOW COLUMNS FROM t',
    'SELECT next_not_cached_value FROM s',
  ],
};

export const postgres: Target = {
  schema: [
    'CREATE TABLE t (v TEXT)',
    "INSERT INTO t VALUES ('a')",
    'CREATE SEQUENCE s',
    "CREATE FUNCTION wf() RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (1); RETURN 1; END'",
    "CREATE PROCEDURE wp() LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (2); END'",
  ],
  writers: (file) => [
    "INSERT INTO t VALUES ('b')",
    "INSERT INTO t(v) VALUES ('single'); COMMIT --'",
    "UPDATE t SET v = 'b'",
    'DELETE FROM t',
    'DROP TABLE t',
    'TRUNCATE t',
    'CREATE TABLE u (v INT)',
    'SELECT 1 INTO u',
    'SELECT wf()',
    'CALL wp()',
    "SELECT nextval('s')",
    "SELECT setval('s', 900)",
    'SELECT lo_create(0)',
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT lo_import('/etc/hostname')",
    "SELECT set_config('default_transaction_read_only', 'off', false)",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT set_config('transaction_read_only', 'off', true)",
    'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE',
    'SET transaction_read_only = off',
    'RESET ALL',
    'DISCARD ALL',
    `COPY t TO '${file}'`,
    `COPY (SELECT 1) TO PROGRAM 'touch ${file}'`,
    "DO 'BEGIN INSERT INTO t VALUES (3); END'",
    "WITH a AS (INSERT INTO t VALUES ('w') RETURNING *) SELECT * FROM a",
    "SELECT query_to_xml('INSERT INTO t VALUES (4) RETURNING v', true, true, '')",
    "PREPARE p AS INSERT INTO t VALUES ('x')",
    'EXECUTE p',
    'SELECT * FROM t FOR UPDATE',
    'ALTER SYSTEM SET work_mem = 65',
  ],
  state: [
    'SELECT v FROM t ORDER BY v',
    "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    'SELECT last_value, is_called FROM s',
    'SELECT count(*) FROM pg_largeobject_metadata',
    'SELECT count(*) FROM pg_file_settings',
  ],
};
