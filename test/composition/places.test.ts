// Where the queue and the databases are, as the line `ready` says it, and the external sources that are nowhere.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  mariaOfOneMachine,
  missingSourcesOfTasks,
  placesOf,
} from '../../src/composition/places.js';
import { BioStar, definePlugin, Hris, inject, injectable, Maria, Task } from '../../src/index.js';
import { tempFolder } from '../support/temp-folder.js';
import { installationOf } from './installation-of.js';

@injectable()
class People {
  constructor(@inject(Hris) readonly hris: unknown) {}
}

@Task({ code: 'through_service' })
class ThroughService {
  constructor(@inject(People) readonly people: People) {}
  run(): void {}
}

@Task({ code: 'by_itself' })
class ByItself {
  constructor(
    @inject(Maria) readonly maria: unknown,
    @inject(BioStar) readonly bioStar: unknown,
  ) {}
  run(): void {}
}

const site = definePlugin({ name: 'site', version: '1.0.0', tasks: [ThroughService, ByItself] });

const installed = (SKEP_DATA_DIR: string, variables: Record<string, string> = {}) =>
  installationOf({ plugins: [site], variables: { SKEP_DATA_DIR, ...variables } });

test('URLs are shown without their passwords', async () => {
  using folder = tempFolder();
  const installation = await installed(folder.path, {
    MARIA_URL: 'mysql://app:s3cret@db/app',
    HRIS_URL: 'mysql://hr:s3cret@hr:3307/people',
    REDIS_URL: 'redis://:s3cret@redis:6380/2',
  });
  expect(placesOf(installation)).toEqual({
    queue: 'redis://redis:6380/2',
    databases: { maria: 'mariadb://app@db:3306/app', hris: 'mariadb://hr@hr:3307/people' },
  });
});

test('what is not set is a file, or nowhere, with the tasks that need it', async () => {
  using folder = tempFolder();
  const installation = await installed(folder.path);
  expect(placesOf(installation)).toEqual({
    queue: `embedded: ${join(folder.path, 'queue.db')}`,
    databases: { maria: join(folder.path, 'maria.db') },
  });
  expect(missingSourcesOfTasks(installation)).toEqual([
    { source: 'hris', variable: 'HRIS_URL', tasks: ['through_service'] },
    { source: 'biostar', variable: 'BIOSTAR_URL', tasks: ['by_itself'] },
  ]);
  writeFileSync(join(folder.path, 'hris.db'), '');
  expect(missingSourcesOfTasks(installation)).toMatchObject([{ source: 'biostar' }]);
});

test.each([
  [{}, false],
  [{ REDIS_URL: 'redis://redis' }, true],
  [{ REDIS_URL: 'redis://redis', MARIA_URL: 'mysql://app@db/app' }, false],
  [{ REDIS_URL: 'redis://redis', MARIA_URL: 'sqlite:/mnt/shared/maria.db' }, false],
  // Set to nothing: the default is meant.
  [{ REDIS_URL: 'redis://redis', MARIA_URL: '' }, false],
  [{ MARIA_URL: 'mysql://app@db/app' }, false],
])('workers of several machines and Maria on one of them: %j', async (variables, isWarned) => {
  using folder = tempFolder();
  const warning = mariaOfOneMachine(await installed(folder.path, variables));
  const expected = {
    message: expect.stringContaining('Redis'),
    remedy: expect.stringContaining('MARIA_URL'),
  };
  expect(warning).toEqual(isWarned ? expected : undefined);
});
