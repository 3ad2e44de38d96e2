// Following when much happens between two looks: what is read, how far, and that it is said when that is not enough.
import { SkepError } from '../../src/core/errors/skep-error.js';
import type { ExecutionState, ExecutionView } from '../../src/core/execution.js';
import { followExecutions } from '../../src/core/executions/follow.js';
import type { HistoryPage } from '../../src/core/ports/execution-history.js';

/** Executions in the order of their dispatch, that change while somebody looks. */
class Shelf {
  readonly views: ExecutionView[] = [];
  finds = 0;
  /** Called before each page but the first of a look. */
  onPage: () => void = () => undefined;

  add(count: number, state: ExecutionState): void {
    for (let n = 0; n < count; n += 1) {
      const dispatchedAt = this.views.length;
      this.views.push({
        id: `e-${dispatchedAt}`,
        state,
        attempt: 0,
        dispatchedAt,
      } as ExecutionView);
    }
  }

  end(count: number): void {
    for (let n = 0; n < count; n += 1) {
      const at = this.views.findIndex((view) => view.state === 'queued');
      this.views[at] = { ...this.views[at], state: 'success' } as ExecutionView;
    }
  }

  async list({ states, before, limit }: HistoryPage): Promise<ExecutionView[]> {
    if (before !== undefined) this.onPage();
    const end = before === undefined ? this.views.length : this.#at(before);
    const fitting = this.views
      .slice(0, end)
      .filter(({ state }) => !states || states.includes(state));
    return fitting.reverse().slice(0, limit);
  }

  async find(id: string): Promise<ExecutionView | undefined> {
    this.finds += 1;
    return this.views.find((view) => view.id === id);
  }

  #at(id: string): number {
    const at = this.views.findIndex((view) => view.id === id);
    if (at < 0) throw new SkepError('SKEP_EXECUTION_UNKNOWN', `there is no execution ${id}`);
    return at;
  }
}

/** Follows a change until so many were told; their ids, and how many rounds said that they missed something. */
async function followed(
  shelf: Shelf,
  change: () => void,
  count: number,
  onTold: (count: number) => void = () => undefined,
) {
  // What is never told ends the test with that, and not the whole run.
  const signal = AbortSignal.timeout(60_000);
  let missed = 0;
  const onMissed = (): void => {
    missed += 1;
  };
  const all = followExecutions(shelf, { filter: {}, first: 1, signal, onMissed });
  await all.next();
  change();
  const ids: string[] = [];
  while (ids.length < count) {
    const { value } = await all.next();
    ids.push(value?.id ?? 'nothing');
    onTold(ids.length);
  }
  await all.return(undefined);
  return { ids, missed };
}

const idsOf = (views: readonly ExecutionView[]): string[] => views.map(({ id }) => id);

test('new ones are read back to what was known, however many pages that is', async () => {
  const shelf = new Shelf();
  shelf.add(3, 'success');
  const { ids, missed } = await followed(shelf, () => shelf.add(1_800, 'success'), 1_800);
  expect(ids).toEqual(idsOf(shelf.views.slice(3)));
  expect(missed).toBe(0);
});

test('more new ones than are read: the newest are told, and that others are not', async () => {
  const shelf = new Shelf();
  shelf.add(3, 'success');
  const { ids, missed } = await followed(shelf, () => shelf.add(5_500, 'success'), 5_000);
  expect(ids).toEqual(idsOf(shelf.views.slice(-5_000)));
  expect(missed).toBe(1);
});

test('the ends of those that waited longest are told, behind however many that still wait', async () => {
  const shelf = new Shelf();
  shelf.add(3_000, 'queued');
  const { ids, missed } = await followed(shelf, () => shelf.end(700), 700);
  expect(ids).toEqual(idsOf(shelf.views.slice(0, 700)));
  // In both looks: of thousands that wait, one may also begin and end out of turn.
  expect(missed).toBe(2);
});

test('a queue that is worked off between two looks: its ends are told', async () => {
  const shelf = new Shelf();
  shelf.add(800, 'queued');
  const { ids, missed } = await followed(shelf, () => shelf.end(800), 800);
  expect(new Set(ids)).toEqual(new Set(idsOf(shelf.views)));
  // So many had not ended when it began.
  expect(missed).toBe(1);
});

test('what ended before somebody followed is never told, also when the queue grows long meanwhile', async () => {
  const shelf = new Shelf();
  shelf.add(700, 'success');
  shelf.add(20, 'queued');
  const grow = (): void => shelf.add(700, 'queued');
  const endOne = (count: number): void => void (count === 700 && shelf.end(1));
  const { ids } = await followed(shelf, grow, 701, endOne);
  expect(ids).toEqual([...idsOf(shelf.views.slice(720)), 'e-700']);
});

test('those that are in no list any more are asked about one by one, but not thousands of them', async () => {
  const shelf = new Shelf();
  shelf.add(3, 'success');
  const grow = (): void => shelf.add(4_000, 'queued');
  const more = (ids: number): void => void (ids === 4_000 && shelf.add(1, 'queued'));
  const { ids } = await followed(shelf, grow, 4_001, more);
  expect(ids.at(-1)).toBe(shelf.views.at(-1)?.id);
  expect(shelf.finds).toBe(500);
});

test('what a queue has forgotten while it was gone through is said to be missed', async () => {
  const shelf = new Shelf();
  shelf.add(3, 'success');
  const forget = (): void => {
    shelf.onPage = () => shelf.views.splice(0, shelf.views.length - 100);
    shelf.add(1_800, 'success');
  };
  const { ids, missed } = await followed(shelf, forget, 500);
  expect(ids).toEqual(Array.from({ length: 500 }, (_, n) => `e-${1_303 + n}`));
  expect(missed).toBe(1);
});
