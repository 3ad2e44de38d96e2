// Which errors of databases pass by themselves, engine by engine. A syntax error, a violated constraint, a refused
// password, a full disk and a statement that somebody cancelled are none of them.
import type { ErrorFacts } from './error-facts.js';

/** MySQL and MariaDB, by number: the names differ between the servers and the versions of the driver. */
const mysqlNumbers = new Set([
  1020, // record has changed since it was last read (snapshot isolation of MariaDB)
  1040, // too many connections
  1053, // server shutdown in progress
  1077, // normal shutdown
  1079, // shutdown complete
  1152, // aborted connection
  1158, // error reading communication packets
  1159, // timeout reading communication packets
  1160, // error writing communication packets
  1161, // timeout writing communication packets
  1184, // aborted connection
  1203, // too many connections of the user
  1205, // lock wait timeout
  1213, // deadlock
  1226, // the user has used up a resource, such as max_user_connections
  1613, // XA transaction rolled back: it took too long
  1614, // XA transaction rolled back: deadlock
  1927, // connection was killed (MariaDB)
  2006, // server has gone away
  2013, // lost connection during a query
  3572, // NOWAIT, and the lock was not free (MySQL)
  4031, // disconnected after a time without a statement (MySQL)
]);

/** Of the drivers of MySQL and MariaDB, and the names of the commonest numbers for drivers that give no number. */
const mysqlCodes = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_CON_COUNT_ERROR',
  'ER_CONNECTION_KILLED',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_TOO_MANY_USER_CONNECTIONS',
]);

/** PostgreSQL, by SQLSTATE. 57014 (a cancelled statement) is not here: somebody wanted its end. */
const postgresStates = new Set([
  '08000', // connection exception
  '08001', // the connection could not be made
  '08003', // the connection does not exist
  '08004', // the server rejected the connection
  '08006', // connection failure
  '25P03', // a transaction was idle for too long
  '40001', // serialization failure
  '40P01', // deadlock
  '53300', // too many connections
  '55P03', // the lock is not available
  '57P01', // shut down by an administrator, or pg_terminate_backend
  '57P02', // shut down after a crash
  '57P03', // the server is starting up or shutting down
  '57P05', // the session was idle for too long
]);

/** What the package `pg` throws without any code. */
const postgresMessages = new Set([
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
]);

/** SQL Server and Azure SQL, by number. */
const mssqlNumbers = new Set([
  233, // the connection was closed by the server
  596, // the session was ended with KILL
  1205, // deadlock
  1222, // lock request timeout
  3960, // snapshot isolation: the row was changed meanwhile
  6005, // shutdown in progress
  10053, // the connection was aborted
  10054, // the connection was reset
  10060, // no answer in time
  10928, // too many requests or sessions (Azure)
  10929, // too many requests or sessions (Azure)
  17142, // the server is paused
  17809, // too many connections
  18401, // the server is being upgraded
  40197, // the service had an error (Azure)
  40501, // the service is busy (Azure)
  40613, // the database is not available just now (Azure)
  41301, // memory-optimized tables: a dependency failed
  41302, // memory-optimized tables: the row was changed meanwhile
  41305, // memory-optimized tables: repeatable read failed
  41325, // memory-optimized tables: serializable failed
  49918, // too many operations (Azure)
  49919,
  49920,
]);

/** Of the drivers of SQL Server. */
const mssqlCodes = new Set(['ECONNCLOSED', 'ESOCKET']);

/** Of Skep's data sources. `SKEP_CONNECT_FAILED` is not here: its cause decides, as a wrong host does not pass. */
const skepCodes = new Set(['SKEP_CONNECTION_LOST', 'SKEP_LEASE_TIMEOUT']);

const sqliteBusy = 5;
const sqliteLocked = 6;

/** True for an error of a database that passes by itself. */
export function isPassingDatabaseError(error: ErrorFacts): boolean {
  return (
    isOfSkep(error) ||
    isOfMysql(error) ||
    isOfPostgres(error) ||
    isOfMssql(error) ||
    isOfSqlite(error)
  );
}

const isOfSkep = ({ code }: ErrorFacts): boolean => has(skepCodes, code);

function isOfMysql({ code, errno, sqlState }: ErrorFacts): boolean {
  if (has(mysqlCodes, code)) return true;
  const isOfServer = typeof sqlState === 'string' || String(code).startsWith('ER_');
  return isOfServer && has(mysqlNumbers, errno);
}

function isOfPostgres({ name, code, message }: ErrorFacts): boolean {
  if (has(postgresStates, code)) return true;
  return code === undefined && name === 'Error' && has(postgresMessages, message);
}

function isOfMssql({ code, number, class: severity }: ErrorFacts): boolean {
  if (has(mssqlCodes, code)) return true;
  return (typeof severity === 'number' || code === 'EREQUEST') && has(mssqlNumbers, number);
}

function isOfSqlite({ code, rawCode, errcode }: ErrorFacts): boolean {
  if (typeof code !== 'string') return false;
  if (/^SQLITE_(BUSY|LOCKED)(_|$)/.test(code)) return true;
  const result = code === 'ERR_SQLITE_ERROR' ? errcode : code.startsWith('SQLITE_') && rawCode;
  if (typeof result !== 'number') return false;
  const primary = result & 0xff;
  return primary === sqliteBusy || primary === sqliteLocked;
}

const has = (set: ReadonlySet<unknown>, value: unknown): boolean => set.has(value);
