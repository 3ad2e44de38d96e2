// Which errors of a database the tasks of the sample plugins try again after.
import { QueryFailedError } from 'typeorm';
import { SkepError } from '../../src/core/errors/skep-error.js';
import { retries } from '../../src/core/tasks/retry-policy.js';
import { ConnectionError } from '../../src/datasources/index.js';
import type { SkepInstallation } from '../../src/main.js';
import attendance from '../../src/plugins/attendance/index.js';
import hris from '../../src/plugins/hris/index.js';
import tracking from '../../src/plugins/tracking/index.js';
import { installationOf } from '../composition/installation-of.js';

const failed = (message: string, facts: object) =>
  new QueryFailedError('SELECT 1', [], Object.assign(new Error(message), facts));

const passing = {
  deadlock: failed('Deadlock found', { errno: 1213, code: 'ER_LOCK_DEADLOCK' }),
  lost: new ConnectionError('SKEP_CONNECTION_LOST', 'maria: the connection was lost'),
  refused: new ConnectionError('SKEP_CONNECT_FAILED', 'maria cannot be reached', {
    cause: Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  }),
};
const lasting = {
  syntax: failed('You have an error in your SQL syntax', { errno: 1064, code: 'ER_PARSE_ERROR' }),
  column: failed('Unknown column', { errno: 1054, code: 'ER_BAD_FIELD_ERROR' }),
  denied: new SkepError('SKEP_ACCESS_DENIED', 'maria refuses the login'),
};

let installation: SkepInstallation;
beforeAll(async () => {
  installation = await installationOf({ plugins: [tracking, hris, attendance] });
});

test.each(['hris_replication', 'sync_attendance', 'calculate_compliance'])('%s', (code) => {
  const { retry } = installation.registry.get(code);
  const retried = (errors: object) =>
    Object.fromEntries(
      Object.entries(errors).map(([name, error]) => [name, retry && retries(retry, error)]),
    );
  expect(retried(passing)).toEqual({ deadlock: true, lost: true, refused: true });
  expect(retried(lasting)).toEqual({ syntax: false, column: false, denied: false });
});
