// Variables of the environment whose names are nearly right: ignored, they would mean another database.
import { z } from 'zod';
import { dataSource, defineDataSource, definePlugin } from '../../src/index.js';
import { problemsWith } from './installation-of.js';

const shop = definePlugin({
  name: 'shop',
  version: '1.0.0',
  contributes: [
    dataSource(
      defineDataSource({
        name: 'shop',
        env: 'SHOP_URL',
        role: 'external',
        embeddedFile: 'shop.db',
      }),
    ),
  ],
});

const messages = async (variables: Record<string, string>, more: object = {}): Promise<string[]> =>
  (await problemsWith({ plugins: [shop], variables, ...more })).map(({ message }) => message);

test.each([
  ['MARIADB_URL', 'mysql://app@db/app', 'MARIA_URL'],
  ['maria_url', 'mysql://app@db/app', 'MARIA_URL'],
  ['MYSQL_URL', 'mysql://app@db/app', 'MARIA_URL'],
  ['DATABASE_URL', 'mysql://app@db/app', 'MARIA_URL'],
  ['HRIS_ULR', 'mysql://hr@hr/hr', 'HRIS_URL'],
  ['HRIS', 'sqlite:hr.db', 'HRIS_URL'],
  ['REDIS', 'redis://redis:6379', 'REDIS_URL'],
  ['REDIS_URI', 'redis://redis:6379', 'REDIS_URL'],
  ['BIOSTARURL', 'mysql://b@b/b', 'BIOSTAR_URL'],
  ['SMTP_URLS', 'smtp://mail', 'SMTP_URL'],
  ['SHOP_DB_URL', 'mysql://s@s/s', 'SHOP_URL'],
  ['SKEP_DATADIR', '/var/lib/skep', 'SKEP_DATA_DIR'],
])('%s is refused, and %s with it is not printed', async (name, value, meant) => {
  const problems = await problemsWith({ plugins: [shop], variables: { [name]: value } });
  expect(problems).toMatchObject([
    {
      code: 'SKEP_CONFIG_INVALID',
      message: `${name} is set, and nothing reads it. Did you mean ${meant}?`,
      remedy: expect.stringContaining(`Rename it to ${meant}`),
    },
  ]);
  expect(problems[0]?.message).not.toContain(value);
});

test('one in .env is found, too', async () => {
  expect(await messages({}, { dotEnv: 'HRIS_ULR=mysql://hr@hr/hr' })).toHaveLength(1);
});

test.each([
  ['the right one is set as well', { MARIADB_URL: 'mysql://a@b/c', MARIA_URL: 'mysql://a@b/c' }],
  ['the right one is set to nothing on purpose', { MARIADB_URL: 'mysql://a@b/c', MARIA_URL: '' }],
  ['what it holds is no URL', { REDIS: 'cache-1', HRIS: 'yes' }],
  ['DATABASE_URL of a program on PostgreSQL', { DATABASE_URL: 'postgres://a@b/c' }],
  ['the name is far from all', { HTTP_URL: 'http://a', API_URL: 'https://b', HOME: '/root' }],
])('no mistake: %s', async (_, variables) => {
  expect(await messages(variables)).toEqual([]);
});

test('no mistake: plugins.json refers to it', async () => {
  const archiving = { ...shop, options: z.strictObject({ archive: z.string() }) };
  const problems = await problemsWith({
    plugins: [archiving],
    sections: {
      plugins: [{ module: './plugin-0.js', options: { archive: '${MARIADB_URL}' } }],
    },
    variables: { MARIADB_URL: 'mysql://a@b/c' },
  });
  expect(problems).toEqual([]);
});
