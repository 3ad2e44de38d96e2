// The account of the proof of crash points: compares what the processes did and said with what is on record in the end.
// What does not agree is told in words, one line each.
import { isFinal } from '../../src/core/execution.js';
import type { AttemptEntry, ExecutionRecord } from './crash-records.js';
import type { CrashSite, Death } from './crash-site.js';
import { overlaps } from './side-effects.js';

/** One execution, with all that is known of it. */
interface Case {
  readonly point: string;
  readonly id: string;
  readonly row: ExecutionRecord | undefined;
  readonly attempts: readonly AttemptEntry[];
  /** Numbers of the attempts whose code began, in the order in which it did. */
  readonly began: readonly number[];
  /** The row as its process left it behind. */
  readonly left: ExecutionRecord | undefined;
}

/** What is wrong in the end; empty when nothing is. */
export async function wrongs(site: CrashSite, deaths: readonly Death[]): Promise<string[]> {
  const cases = await casesOf(site, deaths);
  const told = cases.flatMap((each) =>
    [...wrongEnd(site, each), ...wrongAttempts(each)].map((what) => `${each.point}: ${what}`),
  );
  const overlapping = overlaps(site.effects, site.diedAt).map((id) => `${id}: attempts overlap`);
  const effects = await wrongEffects(site, cases);
  const output = site.strayOutput === '' ? [] : [`beside the log: ${site.strayOutput}`];
  return [
    ...[...told, ...overlapping, ...effects, ...(await left(site))],
    ...[...site.loggedErrors(), ...output],
  ];
}

async function casesOf(site: CrashSite, deaths: readonly Death[]): Promise<Case[]> {
  const rows = new Map((await site.records.executions()).map((row) => [row.id, row]));
  const attempts = await site.records.attempts();
  const began = site.log.lines('began');
  const deathOf = new Map(deaths.flatMap((death) => (death.id ? [[death.id, death]] : [])));
  return [...site.log.ids('made')].map((id) => {
    const row = rows.get(id);
    const death = deathOf.get(id) ?? deathOf.get(row?.parent ?? '');
    return {
      point: `${death?.point ?? 'later'} ${row?.task ?? 'without a row'} ${id}`,
      id,
      row,
      attempts: attempts.filter((each) => each.id === id),
      began: began.filter((line) => line.id === id).map(({ attempt }) => attempt),
      left: death?.left.find((each) => each.id === id),
    };
  });
}

function wrongEnd(site: CrashSite, { id, row, began, left }: Case): string[] {
  const wrong: string[] = [];
  if (row === undefined) {
    if (site.log.ids('acknowledged').has(id)) wrong.push('acknowledged, and there is no row');
    if (left !== undefined) wrong.push('its row is gone');
    if (began.length > 0) wrong.push('ran without a row');
    return wrong;
  }
  const isTold = row.task === 'duplicate' && row.status === 'skipped';
  if (row.status !== 'success' && !isTold) wrong.push(`ended as ${row.status}`);
  if (left !== undefined && isFinal(left.status) && row.fence !== left.fence) {
    wrong.push('its record changed after its end');
  }
  return wrong;
}

function wrongAttempts({ row, attempts, began, left }: Case): string[] {
  if (row === undefined) return [];
  const wrong: string[] = [];
  const say = JSON.stringify(attempts.map(({ attempt, outcome }) => `${attempt} ${outcome}`));
  if (row.attempts !== 1 + row.retries + row.crashes) {
    wrong.push(`${row.attempts} attempts, ${row.retries} retries, ${row.crashes} crashes`);
  }
  const handedBack = attempts.filter(({ outcome }) => outcome === 'returned');
  const numbers = attempts.filter((each) => !handedBack.includes(each));
  const last = numbers.at(-1);
  if (last?.attempt !== row.attempts || last.outcome !== row.status || last.fence !== row.fence) {
    wrong.push(`the row says attempt ${row.attempts}, ${row.status}; its attempts ${say}`);
  }
  if (new Set(numbers.map(({ attempt }) => attempt)).size !== numbers.length) {
    wrong.push(`two attempts of one number: ${say}`);
  }
  // What was on record as running when its process died has crashed, and nothing else has.
  const crashed = attempts.filter(({ outcome }) => outcome === 'crashed');
  const running = left?.status === 'running' ? [left.fence] : [];
  if (JSON.stringify(crashed.map(({ fence }) => fence)) !== JSON.stringify(running)) {
    wrong.push(`left behind ${left?.status ?? 'without a row'}, and its attempts are ${say}`);
  }
  const unknown = began.filter((number) => !attempts.some(({ attempt }) => attempt === number));
  if (unknown.length > 0) wrong.push(`began attempts ${unknown} that are not on record: ${say}`);
  const risen = began.every((number, index) => {
    const before = began[index - 1] ?? 0;
    const again = handedBack.some(({ attempt }) => attempt === number);
    return number > before || (again && number === before);
  });
  if (!risen) wrong.push(`attempts did not begin in order: ${began}`);
  // One kill costs one attempt at most.
  const most = row.task === 'retried' ? 3 : 2;
  if (row.attempts > most) wrong.push(`${row.attempts} attempts: ${say}`);
  if (left !== undefined && isFinal(left.status) && began.length > left.attempts) {
    wrong.push(`ran again after its end: ${began}`);
  }
  return wrong;
}

/** Effects with `complete` are there once; those that dispatch, if and only if what they dispatched is there. */
async function wrongEffects(site: CrashSite, cases: readonly Case[]): Promise<string[]> {
  const effects = await site.records.effects();
  const rows = cases.flatMap(({ row }) => (row === undefined ? [] : [row]));
  const completed = rows.filter(({ task }) => task === 'completed');
  const notOnce = completed.flatMap(({ id }) => {
    const count = effects.filter((effect) => effect.id === id).length;
    return count === 1 ? [] : [`${id}: its effect is there ${count} times`];
  });
  const named = new Set(effects.flatMap(({ child }) => (child === null ? [] : [child])));
  const there = new Set(rows.filter(({ task }) => task === 'child').map(({ id }) => id));
  const lost = [...named].filter((id) => !there.has(id)).map((id) => `${id}: committed and lost`);
  const extra = [...there].filter((id) => !named.has(id)).map((id) => `${id}: never committed`);
  return [...notOnce, ...lost, ...extra];
}

/** What queue and outbox still hold. */
async function left({ broker, records }: CrashSite): Promise<string[]> {
  const queues = (await broker.queues()).map(({ name }) => `the queue ${name} is not empty`);
  const outbox = await records.outbox();
  return outbox === 0 ? queues : [...queues, `${outbox} rows are left in the outbox`];
}
