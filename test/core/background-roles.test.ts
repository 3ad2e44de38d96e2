// Background roles: the order in which they begin and end, and what one that fails does to the others.
import { SkepError } from '../../src/core/errors/skep-error.js';
import type { Role } from '../../src/core/host/role.js';
import { BackgroundRoles } from '../../src/core/run/background-roles.js';
import { rememberingLogger } from '../support/harness.js';

function rolesOf(...roles: (Partial<Role> & { readonly name: string })[]) {
  const told: string[] = [];
  const { logger, lines } = rememberingLogger();
  const all = roles.map((each) => ({
    plugin: 'site',
    role: {
      start: () => void told.push(`${each.name} begins`),
      stop: async () => void told.push(`${each.name} ends`),
      ...each,
    } satisfies Role,
  }));
  const times = { startTimeoutMs: 20, stopTimeoutMs: 20 };
  return { told, lines, background: new BackgroundRoles(() => all, { logger, ...times }) };
}

test('they begin in order, those of a runtime that serves later, and end in reverse', async () => {
  const { told, background } = rolesOf(
    { name: 'schedule', whenServing: true },
    { name: 'heartbeat' },
    { name: 'relay' },
  );
  await background.start();
  expect(told).toEqual(['heartbeat begins', 'relay begins']);
  await background.serve();
  await background.serve();
  await background.stop();
  await background.stop();
  expect(told.slice(2)).toEqual([
    'schedule begins',
    'schedule ends',
    'relay ends',
    'heartbeat ends',
  ]);
});

test('what was to begin when it serves does not begin after the stop', async () => {
  const { told, background } = rolesOf({ name: 'schedule', whenServing: true });
  await background.start();
  await background.stop();
  await background.serve();
  expect(told).toEqual([]);
});

test('a stop before the start is fine', async () => {
  const { told, background } = rolesOf({ name: 'relay' });
  await background.stop();
  expect(told).toEqual([]);
});

test('one that cannot begin tells its caller; it and those before it are ended', async () => {
  const { told, background } = rolesOf(
    { name: 'relay' },
    {
      name: 'broken',
      start: () => {
        throw new Error('no table');
      },
    },
  );
  await expect(background.start()).rejects.toThrow('no table');
  await background.stop();
  expect(told).toEqual(['relay begins', 'broken ends', 'relay ends']);
});

test.each([
  ['an error of its own', new Error('no table'), 'SKEP_PLUGIN_START', 'no table'],
  [
    'a port that is taken',
    Object.assign(new Error('listen EADDRINUSE: address already in use 127.0.0.1:80'), {
      code: 'EADDRINUSE',
    }),
    'SKEP_PLUGIN_START',
    'listen EADDRINUSE: address already in use 127.0.0.1:80',
  ],
  [
    'an error of the catalogue',
    new SkepError('SKEP_QUEUE_UNREACHABLE', 'no Redis'),
    'SKEP_QUEUE_UNREACHABLE',
    'no Redis',
  ],
  [
    'errors without a message of their own',
    new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('connect 127.0.0.1:1')]),
    'SKEP_PLUGIN_START',
    'connect ECONNREFUSED ::1:1; connect 127.0.0.1:1',
  ],
])('one that cannot begin for %s is named with its plugin', async (_, error, code, message) => {
  const { background } = rolesOf({ name: 'http', start: () => Promise.reject(error) });
  await expect(background.start()).rejects.toMatchObject({
    code,
    message: `plugin "site" failed to start its role "http": ${message}`,
    cause: error,
  });
});

test('one that never begins or never ends is named, and the others end', async () => {
  const forever = (): Promise<void> => new Promise(() => undefined);
  const { told, lines, background } = rolesOf(
    { name: 'relay' },
    { name: 'stuck', start: forever, stop: forever },
  );
  await expect(background.start()).rejects.toMatchObject({
    code: 'SKEP_PLUGIN_START',
    message: 'plugin "site" did not start its role "stuck" within 20 ms',
  });
  await background.stop();
  expect(lines).toMatchObject([
    { message: 'role "stuck" of plugin "site" did not close within 20 ms and is left behind' },
  ]);
  expect(told).toEqual(['relay begins', 'relay ends']);
});

test('one that fails to end is logged, and the others end', async () => {
  const { told, lines, background } = rolesOf(
    { name: 'relay' },
    { name: 'broken', stop: () => Promise.reject(new Error('stuck')) },
  );
  await background.start();
  await background.stop();
  expect(told).toContain('relay ends');
  expect(lines).toMatchObject([
    { level: 'warn', message: 'role "broken" of plugin "site" failed to close' },
  ]);
});
