// Groups of items that share a key, for statements that name several rows at once.

/** At least one item. */
export type Group<T> = [T, ...T[]];

/** The groups, in the order in which their first items stand. */
export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Iterable<Group<T>> {
  const groups = new Map<string, Group<T>>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups.values();
}
