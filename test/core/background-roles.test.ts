// Background roles: the order in which they begin and end, and what one that fails does to the others.
import type { Role } from '../../src/core/host/role.js';
import { BackgroundRoles } from '../../src/core/run/background-roles.js';
import { rememberingLogger } from '../support/harness.js';

function rolesOf(...roles: (Partial<Role> & { readonly name: string })[]) {
  const told: string[] = [];
  const { logger, lines } = rememberingLogger();
  const all = roles.map(
    (each): Role => ({
      start: () => void told.push(`${each.name} begins`),
      stop: async () => void told.push(`${each.name} ends`),
      ...each,
    }),
  );
  return { told, lines, background: new BackgroundRoles(() => all, logger) };
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

test('one that fails to end is logged, and the others end', async () => {
  const { told, lines, background } = rolesOf(
    { name: 'relay' },
    { name: 'broken', stop: () => Promise.reject(new Error('stuck')) },
  );
  await background.start();
  await background.stop();
  expect(told).toContain('relay ends');
  expect(lines).toMatchObject([{ level: 'warn', message: 'broken did not end as it should' }]);
});
