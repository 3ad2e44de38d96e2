// The users of Redis and of Maria that the guide gives: they are enough for all that Skep does there.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describeWithMaria, freshDatabase, statement } from '../support/mariadb.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { site, skep } from '../support/skep.js';

const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/hardening.md'), 'utf8');
const [, line = ''] = /<!-- acl: redis -->\n```\n(.*)\n```/.exec(guide) ?? [];

const plugin = `
import { definePlugin, Task } from 'skep';
class Hello { run(payload) { return payload; } }
Task({ code: 'hello', concurrency: 1, rateLimit: '100/1s', unique: true })(Hello);
export default definePlugin({ name: 'hello', version: '1.0.0', tasks: [Hello] });
`;

const tracked = plugin
  .replace('{ definePlugin, Task }', '{ definePlugin, Task, Tracked }')
  .replace('export default', 'Tracked()(Hello);\nexport default');

it('has a user of Redis with which everything works, and nothing beyond', async () => {
  await using server = await RedisServer.create();
  const admin = new Redis(server.url);
  const [command = '', ...args] = line.split(' ');
  await admin.call(command, ...args);
  const url = new URL(server.url);
  url.username = 'skep';
  url.password = 'a-long-password';
  using folder = site({ plugins: ['./hello.mjs'], startup: ['hello'] }, { 'hello.mjs': plugin });
  const run = (...words: string[]) => skep(folder, words, { REDIS_URL: url.href });
  try {
    expect(await run('start', '--once')).toMatchObject({ code: 0 });
    const dispatched = await run('dispatch', 'hello', '-p', '{"n":1}', '--delay', '1h');
    expect(dispatched).toMatchObject({ code: 0 });
    const id = dispatched.stdout.trim();
    for (const words of [
      ['executions', 'list'],
      ['executions', 'show', id],
      ['executions', 'cancel', id],
      ['executions', 'replay', id],
      ['queues'],
      ['queues', 'pause', 'default'],
      ['queues', 'resume', 'default'],
      ['workers'],
      ['start', '--once'],
    ]) {
      expect([words, await run(...words)]).toMatchObject([words, { code: 0 }]);
    }
    const user = new Redis(url.href);
    await expect(user.set('other', '1')).rejects.toThrow(/NOPERM/);
    await expect(user.flushall()).rejects.toThrow(/NOPERM/);
    await expect(user.config('GET', '*')).rejects.toThrow(/NOPERM/);
    user.disconnect();
  } finally {
    admin.disconnect();
  }
});

describeWithMaria('a user of Maria with the rights of the guide', () => {
  const { url, name } = freshDatabase('hardened');
  const user = `skep_h${randomBytes(4).toString('hex')}`;
  const grants = (/```sql\n(CREATE USER 'skep'[\s\S]*?)```/.exec(guide)?.[1] ?? '')
    .replaceAll("'skep'", `'${user}'`)
    .replaceAll('`app`', `\`${name}\``)
    .split(';')
    .filter((each) => each.trim() !== '');
  beforeAll(async () => {
    expect(grants).toHaveLength(2);
    for (const each of grants) await statement(each);
  });
  afterAll(() => statement(`DROP USER '${user}'@'%'`));

  it('migrates, records and prunes', async () => {
    const own = new URL(url);
    own.username = user;
    own.password = 'a-long-password';
    const plugins = ['skep/plugins/tracking', 'skep/plugins/scheduler', './hello.mjs'];
    using folder = site({ plugins, startup: ['hello'] }, { 'hello.mjs': tracked });
    const run = (...words: string[]) => skep(folder, words, { MARIA_URL: own.href });
    for (const words of [['migrate'], ['start', '--once'], ['executions', 'list'], ['doctor']]) {
      expect([words, await run(...words)]).toMatchObject([words, { code: 0 }]);
    }
  });
});
