// Writing a site into SQLite files: whole or not at all, and never over something that is there.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planSite, writeLater, writeSite } from '../../../src/plugins/sample-site/index.js';
import { dumpFiles, newFolder, removeFolders, urlsIn } from './site-files.js';

afterAll(removeFolders);

const options = { until: '2025-11-05', employees: 40, days: 12 };
const plan = planSite(options);

it('writes the same files, byte for byte, for the same options', async () => {
  const [one, other] = [newFolder(), newFolder()];
  await writeSite(plan, urlsIn(one));
  await writeSite(planSite(options), urlsIn(other));
  for (const file of ['hris.db', 'biostar.db']) {
    expect(readFileSync(join(one, file)).equals(readFileSync(join(other, file)))).toBe(true);
  }
});

it('does not write over a file, and changes nothing beside it', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'hris.db'), 'mine');
  await expect(writeSite(plan, urlsIn(folder))).rejects.toMatchObject({
    code: 'SKEP_DATABASE_FILE',
  });
  expect(readdirSync(folder)).toEqual(['hris.db']);
  expect(readFileSync(join(folder, 'hris.db'), 'utf8')).toBe('mine');
});

it('leaves nothing behind when it is aborted', async () => {
  const folder = newFolder();
  const controller = new AbortController();
  const writing = writeSite(plan, urlsIn(folder), controller.signal);
  controller.abort(new Error('too slow'));
  await expect(writing).rejects.toThrow('too slow');
  expect(readdirSync(folder)).toEqual([]);
});

it('has no later step for a site that is not there', async () => {
  const folder = newFolder();
  const later = writeLater(plan, urlsIn(folder));
  await expect(later).rejects.toMatchObject({ code: 'SKEP_DATABASE_FILE' });
  expect(existsSync(join(folder, 'hris.db'))).toBe(false);
});

it('takes the later step whole or not at all', async () => {
  const urls = urlsIn(newFolder());
  await writeSite(plan, urls);
  await writeLater(plan, urls);
  const after = dumpFiles(urls);
  // The second time its rows are there already.
  await expect(writeLater(plan, urls)).rejects.toThrow('UNIQUE');
  expect(dumpFiles(urls)).toEqual(after);
});

it('refuses an engine that it cannot write', async () => {
  const folder = newFolder();
  const urls = { ...urlsIn(folder), hris: 'mssql://user:secret@127.0.0.1/hris' };
  await expect(writeSite(plan, urls)).rejects.toMatchObject({ code: 'SKEP_DATASOURCE_URL' });
  expect(readdirSync(folder)).toEqual([]);
});
