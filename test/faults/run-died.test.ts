// `skep run` killed in the middle: a runtime beside it ends what is on record, and never runs it again.
import { join } from 'node:path';
import { DatabaseSync } from '../../src/core/sqlite-driver.js';
import { SkepProcess, site, skep } from '../support/skep.js';
import { until } from '../support/until.js';

const hangs = `
import { definePlugin, Retry, Task, Tracked } from 'skep';

class Hangs {
  async run(_, context) {
    console.error('hanging');
    await new Promise(() => setInterval(() => undefined, 60_000));
  }
}
Retry({ maxRetries: 3 })(Hangs);
Tracked()(Hangs);
Task({ code: 'hangs' })(Hangs);

export default definePlugin({ name: 'hangs', version: '1.0.0', tasks: [Hangs] });
`;
test('a run that was killed is failed by a runtime, once it has been silent for long enough, and not queued', async () => {
  using folder = site(
    { plugins: ['skep/plugins/tracking', './hangs.mjs'] },
    { 'hangs.mjs': hangs },
  );
  const running = new SkepProcess(folder.path, ['run', 'hangs']);
  await using _ = running;
  await running.saw('hanging');
  await using runtime = new SkepProcess(folder.path, ['start']);
  await runtime.saw('ready');
  const database = new DatabaseSync(join(folder.path, '.skep/maria.db'), { timeout: 30_000 });
  const worker = `%:${running.child.pid}`;
  const beatAt = (): unknown => {
    const row: unknown = database
      .prepare('SELECT max(beat_at) AS at FROM worker WHERE id LIKE ?')
      .get(worker);
    return (row as { at: unknown }).at;
  };
  // It lives, as others can see.
  await until(() => typeof beatAt() === 'string');
  const first = beatAt();
  await until(() => beatAt() !== first);
  await running.kill('SIGKILL');
  // As if six minutes had passed since.
  database
    .prepare(
      `UPDATE worker SET beat_at = strftime('%Y-%m-%d %H:%M:%f000', beat_at, '-360 seconds') WHERE id LIKE ?`,
    )
    .run(worker);
  database.close();
  await runtime.saw('runs of `skep run` died with their process');
  const [listed = ''] = (await skep(folder, ['executions', 'list', '--json'])).stdout.split('\n');
  const { id } = JSON.parse(listed);
  const { stdout } = await skep(folder, ['executions', 'show', id, '--json']);
  const shown = JSON.parse(stdout);
  expect(shown).toMatchObject({ task: 'hangs', state: 'failed', error: { code: 'SKEP_RUN_DIED' } });
  expect(shown.attempts).toMatchObject([{ attempt: 1, outcome: 'failed' }]);
});
