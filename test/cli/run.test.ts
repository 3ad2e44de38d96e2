// `skep run`: one attempt, here and now.
import { type Finished, site, skep } from '../support/skep.js';

const pays = `
import { definePlugin, inject, Maria, Retry, type ScopedDataSource, Task } from 'skep';

@Task({ code: 'forgets' })
@Retry({ maxRetries: 2 })
class Forgets {
  constructor(@inject(Maria) private readonly maria: ScopedDataSource) {}
  run(): { paid: number } {
    [1, 2].forEach(async (id) => {
      await this.maria.transaction((manager) => manager.query('SELECT ?', [id]));
    });
    return { paid: 2 };
  }
}

export default definePlugin({ name: 'pays', version: '1.0.0', tasks: [Forgets] });
`;
const folder = site({ plugins: ['./pays.ts'] }, { 'pays.ts': pays });
const json = ({ stdout }: Finished) => JSON.parse(stdout);

afterAll(() => folder[Symbol.dispose]());

test('a forgotten await fails the run by name and line, and is no stray error', async () => {
  const finished = await skep(folder, ['run', 'forgets', '--json']);
  expect(finished.code).toBe(1);
  expect(json(finished)).toMatchObject({
    state: 'failed',
    error: {
      code: 'SKEP_WORK_NOT_AWAITED',
      message: expect.stringMatching(
        /a transaction of maria, begun at pays\.ts:\d+:\d+ \(2 times\)/,
      ),
    },
  });
  expect(finished.stderr).not.toContain('that nobody awaited was rejected');
});
