// Random payloads through the whole way: dispatched, run, recorded, listed and shown, on record and not.
import type { TempFolder } from '../../support/temp-folder.js';
import { eachCase } from './each-case.js';
import { command, fuzzSite, taskCodes } from './fuzz-site.js';
import { deepJson, hostileJson, hostileText, torn } from './hostile-text.js';
import { whatIsNoJson, whatIsWrong } from './what-is-wrong.js';

/** Dispatched before they are run together: the commands that look at them take longer than they do. */
const atOnce = 12;

const final = ['success', 'failed', 'quarantined', 'skipped'];

describe('random payloads', () => {
  let folder: TempFolder;
  beforeAll(() => {
    folder = fuzzSite();
  });
  afterAll(() => folder[Symbol.dispose]());

  it('end as an outcome each, and are shown without harm', async () => {
    await eachCase(import.meta.url, 15, async (random) => {
      const wrong: string[] = [];
      const judged = async (args: string[]): Promise<string> => {
        const finished = await command(folder, args);
        const noJson = args.includes('--json') ? whatIsNoJson(finished) : [];
        wrong.push(
          ...[...whatIsWrong(finished), ...noJson].map((each) => `${args[0]} ${args[1]}: ${each}`),
        );
        return finished.code === 0 ? finished.stdout.trim() : '';
      };
      const ids: string[] = [];
      for (let count = 0; count < atOnce; count += 1) {
        const json = random.chance(0.1)
          ? deepJson(random)
          : `{"m":${hostileJson(random)},"x":${hostileJson(random)}}`;
        const file = folder.write('payload.json', random.chance(0.05) ? torn(random, json) : json);
        const user = hostileText(random).replaceAll('\0', '');
        const args = ['dispatch', random.one(taskCodes), '-p', `@${file}`];
        const id = await judged(user === '' ? args : [...args, `--user=${user}`]);
        if (id !== '') ids.push(id);
      }
      await judged(['start', '--once']);
      await judged(['executions', 'list']);
      await judged(['executions', 'list', '--json', '--limit', '50']);
      for (const id of ids) {
        await judged(['executions', 'show', id]);
        const shown = await judged(['executions', 'show', id, '--json']);
        const { state } = shown === '' ? { state: 'not shown' } : JSON.parse(shown);
        if (!final.includes(state)) wrong.push(`${id} is ${state}`);
      }
      return wrong;
    });
  }, 600_000);
});
