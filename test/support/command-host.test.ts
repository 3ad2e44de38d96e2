// The process that serves the commands of a suite: one command must not see what the ones before it left behind.
import { site, skep } from './skep.js';

const folder = site({ plugins: [] });
afterAll(() => folder[Symbol.dispose]());

// Node warns of the eleventh listener of one kind, on the standard error of the command that adds it.
test('twelve commands write the same', async () => {
  const asked = ['schedules', 'next', '--cron', '0 2 * * *', '--count', '1'];
  const first = await skep(folder, asked);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  for (let nth = 2; nth <= 12; nth += 1) {
    expect(await skep(folder, asked)).toEqual(first);
  }
});
