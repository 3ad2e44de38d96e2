// The matchers of what passes by itself: codes of every engine, and real errors of sockets and of fetch on loopback.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type LookupFunction } from 'node:net';
import {
  transient,
  transientDatabase,
  transientNetwork,
} from '../../src/core/errors/transient/transient.js';
import { retries, retryPolicy } from '../../src/core/tasks/retry-policy.js';

const fail = (facts: object, name?: string): Error =>
  Object.assign(new Error('of a test'), facts, name === undefined ? {} : { name });

const mysql = (code: string, errno: number) => fail({ code, errno, sqlState: 'HY000' });
const mssql = (number: number) => fail({ code: 'EREQUEST', number, class: 13 }, 'RequestError');

describe('transientDatabase', () => {
  test.each<[string, unknown]>([
    ['MariaDB: deadlock', mysql('ER_LOCK_DEADLOCK', 1213)],
    ['MariaDB: lock wait', mysql('ER_LOCK_WAIT_TIMEOUT', 1205)],
    [
      'MariaDB: too many connections, which comes without a state',
      fail({ code: 'ER_CON_COUNT_ERROR', errno: 1040 }),
    ],
    ['MariaDB: shutting down', mysql('ER_SERVER_SHUTDOWN', 1053)],
    ['MariaDB: killed, by a number that the driver has no name for', mysql('UNKNOWN', 1927)],
    ['MariaDB: too many of the user', mysql('ER_TOO_MANY_USER_CONNECTIONS', 1203)],
    ['MariaDB: the limit of the user', mysql('ER_USER_LIMIT_REACHED', 1226)],
    ['MariaDB: the server is gone', mysql('CR_SERVER_GONE_ERROR', 2006)],
    ['MariaDB: lost during a query', mysql('CR_SERVER_LOST', 2013)],
    ['mysql2: lost connection', fail({ code: 'PROTOCOL_CONNECTION_LOST', fatal: true })],
    ['PostgreSQL: deadlock', fail({ code: '40P01', severity: 'ERROR' })],
    ['PostgreSQL: serialization', fail({ code: '40001' })],
    ['PostgreSQL: lock not available', fail({ code: '55P03' })],
    ['PostgreSQL: too many connections', fail({ code: '53300' })],
    ['PostgreSQL: shut down', fail({ code: '57P01' })],
    ['PostgreSQL: starting', fail({ code: '57P03' })],
    ['PostgreSQL: connection failure', fail({ code: '08006' })],
    ['pg: a lost connection has no code', new Error('Connection terminated unexpectedly')],
    ['SQL Server: deadlock', mssql(1205)],
    ['SQL Server: lock request timeout', mssql(1222)],
    ['SQL Server: shutdown', mssql(6005)],
    ['SQL Server: too many connections', mssql(17809)],
    ['SQL Server: closed by the server', mssql(233)],
    ['SQL Server: ended with KILL', mssql(596)],
    ['Azure SQL: busy', mssql(40501)],
    ['tedious: lost connection', fail({ code: 'ECONNCLOSED' })],
    ['tedious: an error of the socket', fail({ code: 'ESOCKET' })],
    ['libsql: busy', fail({ code: 'SQLITE_BUSY', rawCode: 5 }, 'SqliteError')],
    ['libsql: busy, extended', fail({ code: 'SQLITE_BUSY_SNAPSHOT', rawCode: 517 })],
    ['SQLite: locked', fail({ code: 'SQLITE_LOCKED' })],
    ['node:sqlite: busy', fail({ code: 'ERR_SQLITE_ERROR', errcode: 5 })],
  ])('matches %s', (_, error) => {
    expect(transientDatabase(error)).toBe(true);
    expect(transient(error)).toBe(true);
    expect(transientNetwork(error)).toBe(false);
  });

  // Of each of these, one that is left out of the list turns a failure that passes by itself into a final one.
  test.each<[string, readonly unknown[]]>([
    [
      'MySQL and MariaDB, by number',
      [
        ...[1020, 1040, 1053, 1077, 1079, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1205, 1213],
        ...[1226, 1613, 1614, 1927, 2006, 2013, 3572, 4031],
      ].map((number) => mysql('UNKNOWN', number)),
    ],
    [
      'MySQL and MariaDB, by name',
      [
        ...['PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT', 'ER_CON_COUNT_ERROR'],
        ...['ER_CONNECTION_KILLED', 'ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT'],
        ...['ER_SERVER_SHUTDOWN', 'ER_TOO_MANY_USER_CONNECTIONS'],
      ].map((code) => fail({ code })),
    ],
    [
      'PostgreSQL, by state',
      [
        ...['08000', '08001', '08003', '08004', '08006', '25P03', '40001', '40P01', '53300'],
        ...['55P03', '57P01', '57P02', '57P03', '57P05'],
      ].map((code) => fail({ code })),
    ],
    [
      'pg, by message',
      [
        'Connection terminated unexpectedly',
        'Connection terminated due to connection timeout',
        'timeout exceeded when trying to connect',
        'timeout expired',
      ].map((message) => new Error(message)),
    ],
    [
      'SQL Server and Azure SQL, by number',
      [
        ...[233, 596, 1205, 1222, 3960, 6005, 10053, 10054, 10060, 10928, 10929, 17142, 17809],
        ...[18401, 40197, 40501, 40613, 41301, 41302, 41305, 41325, 49918, 49919, 49920],
      ].map(mssql),
    ],
  ])('matches every error in the list of %s', (_, errors) => {
    for (const error of errors) expect([error, transientDatabase(error)]).toEqual([error, true]);
  });

  test.each<[string, unknown]>([
    ['MariaDB: syntax', mysql('ER_PARSE_ERROR', 1064)],
    ['MariaDB: duplicate key', mysql('ER_DUP_ENTRY', 1062)],
    ['MariaDB: foreign key', mysql('ER_NO_REFERENCED_ROW_2', 1452)],
    ['MariaDB: refused user', mysql('ER_ACCESS_DENIED_ERROR', 1045)],
    ['MariaDB: a statement that was cancelled', mysql('ER_QUERY_INTERRUPTED', 1317)],
    ['PostgreSQL: syntax', fail({ code: '42601' })],
    ['PostgreSQL: unique', fail({ code: '23505' })],
    ['PostgreSQL: a statement that was cancelled', fail({ code: '57014' })],
    ['SQL Server: syntax', mssql(102)],
    ['SQL Server: duplicate key', mssql(2627)],
    ['SQLite: constraint', fail({ code: 'SQLITE_CONSTRAINT_UNIQUE', rawCode: 2067 })],
    ['SQLite: corrupt', fail({ code: 'SQLITE_CORRUPT', rawCode: 11 })],
    ['node:sqlite: syntax', fail({ code: 'ERR_SQLITE_ERROR', errcode: 1 })],
    ['the number of a deadlock in an error of no database', fail({ number: 1205, errno: 1213 })],
    ['a program that ended with a status', fail({ status: 1, code: 1 })],
    ['no error', 'deadlock'],
    ['nothing', undefined],
  ])('does not match %s', (_, error) => {
    expect([transient, transientDatabase, transientNetwork].map((of) => of(error))).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('reads the driver’s error of a QueryFailedError, and causes', () => {
    const query = (driverError: object) => fail({ driverError }, 'QueryFailedError');
    const wrapped = (cause: unknown) => new Error('importing failed', { cause });
    expect(transientDatabase(wrapped(query(mysql('ER_LOCK_DEADLOCK', 1213))))).toBe(true);
    expect(transientDatabase(wrapped(query(mysql('ER_DUP_ENTRY', 1062))))).toBe(false);
  });

  test('an error of a socket is a database’s only where a database reported it', () => {
    const reset = fail({ code: 'ECONNRESET' });
    expect(transientDatabase(reset)).toBe(false);
    expect(transientDatabase(fail({ driverError: reset }))).toBe(true);
    expect(transientDatabase(fail({ code: 'SKEP_CONNECT_FAILED', cause: reset }))).toBe(true);
  });

  test('a data source that cannot be reached passes when its cause does', () => {
    const failed = (cause?: unknown) => fail({ code: 'SKEP_CONNECT_FAILED', cause });
    expect(transient(failed(fail({ code: 'ECONNREFUSED' })))).toBe(true);
    expect(transient(failed(fail({}, 'NotInTime')))).toBe(true);
    expect(transient(failed(fail({ code: 'ENOTFOUND' })))).toBe(false);
    expect(transient(failed(fail({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })))).toBe(false);
    expect(transient(failed())).toBe(false);
    expect(transient(fail({ code: 'SKEP_CONNECTION_LOST' }))).toBe(true);
    expect(transient(fail({ code: 'SKEP_LEASE_TIMEOUT' }))).toBe(true);
    expect(transient(fail({ code: 'SKEP_ACCESS_DENIED' }))).toBe(false);
  });
});

describe('transientNetwork', () => {
  test.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EAI_AGAIN', 'EPIPE', 'UND_ERR_SOCKET'])(
    'matches %s, also as the cause of a fetch that failed',
    (code) => {
      const failed = new TypeError('fetch failed', { cause: fail({ code }) });
      for (const error of [fail({ code }), failed]) {
        expect(transientNetwork(error)).toBe(true);
        expect(transient(error)).toBe(true);
        expect(transientDatabase(error)).toBe(false);
      }
    },
  );

  // Node's sockets and name servers, streams, fetch, old clients, and Skep's own queue.
  test.each([
    ...['ECONNABORTED', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETDOWN', 'ENETRESET', 'ENETUNREACH'],
    ...['ESERVFAIL', 'ETIMEOUT', 'ERR_SOCKET_CONNECTION_TIMEOUT', 'ERR_STREAM_PREMATURE_CLOSE'],
    ...['UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT'],
    ...['ESOCKETTIMEDOUT', 'SKEP_QUEUE_UNREACHABLE'],
  ])('matches %s', (code) => {
    expect(transientNetwork(fail({ code }))).toBe(true);
    expect(transientDatabase(fail({ code }))).toBe(false);
  });

  test.each<[string, (status: number) => unknown]>([
    ['a thrown Response', (status) => new Response(null, { status })],
    ['axios and ky', (status) => fail({ code: 'ERR_BAD_RESPONSE', response: { status } })],
    ['got', (status) => fail({ response: { statusCode: status } })],
    ['an error with a status', (status) => fail({ status })],
    ['undici’s ResponseError', (status) => fail({ code: 'UND_ERR_RESPONSE', statusCode: status })],
    ['the SDK of AWS', (status) => fail({ $metadata: { httpStatusCode: status } })],
    ['a cause', (status) => new Error('no holidays', { cause: fail({ status }) })],
  ])('takes 429, 502, 503 and 504 from %s, and no other status', (_, withStatus) => {
    for (const status of [429, 502, 503, 504])
      expect(transientNetwork(withStatus(status))).toBe(true);
    for (const status of [400, 401, 403, 404, 409, 422, 500, 501]) {
      expect(transient(withStatus(status))).toBe(false);
    }
    expect(transientDatabase(withStatus(503))).toBe(false);
  });

  test('a status outranks why the client threw: the server has answered', () => {
    expect(transient(fail({ status: 404, cause: fail({ code: 'ECONNRESET' }) }))).toBe(false);
  });

  test.each<[string, unknown]>([
    ['a host that does not exist', fail({ code: 'ENOTFOUND' })],
    ['a certificate', fail({ code: 'CERT_HAS_EXPIRED' })],
    ['an aborted request of axios', fail({ code: 'ERR_CANCELED' }, 'CanceledError')],
    ['an aborted signal', new DOMException('This operation was aborted', 'AbortError')],
    [
      'an aborted wait, whatever its reason',
      fail({ code: 'ABORT_ERR', cause: fail({ code: 'ECONNRESET' }) }, 'AbortError'),
    ],
    [
      'a fetch of a URL that cannot be fetched',
      new TypeError('fetch failed', { cause: new Error('unknown scheme') }),
    ],
  ])('does not match %s', (_, error) => expect(transient(error)).toBe(false));

  test('matches what AbortSignal.timeout ended', async () => {
    const signal = AbortSignal.timeout(0);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    expect(transientNetwork(signal.reason)).toBe(true);
    expect(transientNetwork(fail({ code: 'ABORT_ERR', cause: signal.reason }, 'AbortError'))).toBe(
      true,
    );
  });

  test('an AggregateError matches when each of its errors does', () => {
    const refused = fail({ code: 'ECONNREFUSED' });
    const all = (...errors: unknown[]) => transientNetwork(new AggregateError(errors));
    expect(all(refused, fail({ status: 503 }))).toBe(true);
    expect(all(refused, fail({ status: 404 }))).toBe(false);
    expect(all()).toBe(false);
  });

  test('a circle of causes and a getter that throws match nothing', () => {
    const circle = fail({});
    circle.cause = circle;
    expect(transient(circle)).toBe(false);
    const hostile = Object.defineProperty(fail({}), 'code', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(transient(hostile)).toBe(false);
  });

  test('is a matcher of @Retry', () => {
    const policy = retryPolicy({ maxRetries: 1, on: [transient] });
    expect(retries(policy, fail({ code: 'ECONNREFUSED' }))).toBe(true);
    expect(retries(policy, new TypeError('x is not a function'))).toBe(false);
  });
});

describe('real errors on loopback', () => {
  // Below 1024, where no other test listens, and none of the ports that fetch refuses to ask.
  const refusing = 2;
  let server: Server;
  let origin: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/reset') request.socket.resetAndDestroy();
      else if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': 100 });
        response.write('half', () => request.socket.destroy());
      } else if (request.url !== '/silent') {
        response.writeHead(Number(request.url?.slice(1))).end();
      }
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const errorOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  test('a refused socket, and all addresses of a host refused', async () => {
    const [refused] = await once(connect(refusing, '127.0.0.1'), 'error').catch((error) => [error]);
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    expect(transientNetwork(refused)).toBe(true);
    const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }));
    const lookup: LookupFunction = (_host, _options, done) => done(null, addresses);
    const options = { host: 'two.invalid', port: refusing, autoSelectFamily: true, lookup };
    const [several] = await once(connect(options), 'error').catch((error) => [error]);
    expect(several).toMatchObject({ name: 'AggregateError' });
    expect(transientNetwork(several)).toBe(true);
  });

  test('a fetch that was refused, reset, cut off or not answered in time', async () => {
    const failures = await Promise.all([
      errorOf(fetch(`http://127.0.0.1:${refusing}/`)),
      errorOf(fetch(`${origin}/reset`)),
      errorOf(fetch(`${origin}/cut`).then((response) => response.text())),
      errorOf(fetch(`${origin}/silent`, { signal: AbortSignal.timeout(20) })),
    ]);
    expect(failures.map((error) => transientNetwork(error))).toEqual([true, true, true, true]);
    expect(failures.map((error) => transientDatabase(error))).toEqual([false, false, false, false]);
  });

  test('a fetch that was aborted, or cannot be made', async () => {
    const controller = new AbortController();
    const aborted = errorOf(fetch(`${origin}/silent`, { signal: controller.signal }));
    controller.abort();
    expect(transient(await aborted)).toBe(false);
    expect(transient(await errorOf(fetch('nonsense://127.0.0.1/')))).toBe(false);
  });

  test('a Response that a task throws', async () => {
    expect(transient(await fetch(`${origin}/503`))).toBe(true);
    expect(transient(await fetch(`${origin}/404`))).toBe(false);
  });
});
