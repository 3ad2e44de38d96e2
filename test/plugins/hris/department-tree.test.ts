// The order of departments: parents first, cycles found and broken, orphans raised.
import { orderDepartments } from '../../../src/plugins/hris/replication/department-tree.js';

/** `3<1` is department 3 under department 1, `1` a top department. */
const departments = (...texts: string[]) =>
  texts.map((text) => {
    const [id, parentId] = text.split('<');
    return { id: Number(id), parentId: parentId === undefined ? null : Number(parentId) };
  });

const order = (...texts: string[]) => {
  const { ordered, cycles, orphans } = orderDepartments(departments(...texts));
  const text = ordered.map(({ id, parentId }) =>
    parentId === null ? `${id}` : `${id}<${parentId}`,
  );
  return { order: text.join(' '), cycles, orphans };
};

it.each([
  ['nothing', [], ''],
  ['parents that come first', ['1', '2<1', '3<2'], '1 2<1 3<2'],
  ['parents that come last', ['3<2', '2<1', '1'], '1 2<1 3<2'],
  ['two trees, mixed', ['5<4', '2<1', '4', '1'], '4 5<4 1 2<1'],
])('orders %s', (_, given, expected) => {
  expect(order(...given)).toEqual({ order: expected, cycles: [], orphans: [] });
});

it('makes a top department of one whose parent is missing', () => {
  expect(order('2<9', '3<2')).toEqual({ order: '2 3<2', cycles: [], orphans: [2] });
});

it.each([
  ['itself', ['7<7'], '7', [[7]]],
  ['its child', ['8<5', '5<8'], '5 8<5', [[5, 8]]],
  ['its grandchild', ['9<4', '6<9', '4<6'], '4 6<9 9<4', [[4, 6, 9]]],
])('breaks a cycle of a department under %s at its lowest id', (_, given, __, cycles) => {
  const result = order(...given);
  expect(result.cycles).toEqual(cycles);
  const top = String(cycles[0]?.[0]);
  expect(result.order.split(' ')).toContain(top);
});

it('tells every cycle, and keeps what hangs below', () => {
  const result = order('3<2', '2<1', '1<2', '20<10', '10<20', '11<10', '4<3');
  expect(result.cycles).toEqual([
    [1, 2],
    [10, 20],
  ]);
  expect(result.order).toBe('1 2<1 3<2 10 20<10 11<10 4<3');
});

it('orders a tree of ten thousand levels', () => {
  const deep = Array.from({ length: 10_000 }, (_, level) => ({
    id: 10_000 - level,
    parentId: level === 9_999 ? null : 9_999 - level,
  }));
  const { ordered } = orderDepartments(deep);
  expect(ordered.map(({ id }) => id)).toEqual(Array.from({ length: 10_000 }, (_, at) => at + 1));
});
