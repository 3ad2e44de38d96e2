// The tree of departments: parents before children, cycles found and broken.

interface Node {
  readonly id: number;
  readonly parentId: number | null;
}

export interface DepartmentOrder<T> {
  /** Each department after its parent; where a cycle was broken or a parent is missing, `parentId` is null. */
  readonly ordered: readonly T[];
  /** Ids of the departments of each cycle, from the lowest id along its parents. */
  readonly cycles: readonly (readonly number[])[];
  /** Ids of departments whose parent the source does not have. */
  readonly orphans: readonly number[];
}

/**
 * Orders departments so that parents come before children. A cycle is broken at its lowest id, which
 * becomes a top department.
 */
export function orderDepartments<T extends Node>(departments: readonly T[]): DepartmentOrder<T> {
  const byId = new Map(departments.map((department) => [department.id, department]));
  const orphans = departments
    .filter(({ parentId }) => parentId !== null && !byId.has(parentId))
    .map(({ id }) => id);
  const cycles = findCycles(byId);
  const tops = new Set([...orphans, ...cycles.map(([lowest]) => lowest)]);

  const ordered = new Map<number, T>();
  for (const department of departments) {
    // Up to the first ancestor that is placed or has no parent, then down again.
    const path: T[] = [];
    for (let at: T | undefined = department; at && !ordered.has(at.id); ) {
      const top = tops.has(at.id);
      path.push(top ? { ...at, parentId: null } : at);
      at = top || at.parentId === null ? undefined : byId.get(at.parentId);
    }
    for (const each of path.reverse()) ordered.set(each.id, each);
  }
  return { ordered: [...ordered.values()], cycles, orphans };
}

function findCycles(byId: ReadonlyMap<number, Node>): number[][] {
  const cycles: number[][] = [];
  /** The walk on which a department was first met. */
  const metOn = new Map<number, number>();
  for (const start of byId.keys()) {
    const walk: number[] = [];
    let at: number | null | undefined = start;
    while (at !== null && at !== undefined && byId.has(at) && !metOn.has(at)) {
      metOn.set(at, start);
      walk.push(at);
      at = byId.get(at)?.parentId;
    }
    if (at !== null && at !== undefined && metOn.get(at) === start) {
      cycles.push(fromLowest(walk.slice(walk.indexOf(at))));
    }
  }
  return cycles;
}

function fromLowest(cycle: readonly number[]): number[] {
  const lowest = cycle.indexOf(Math.min(...cycle));
  return [...cycle.slice(lowest), ...cycle.slice(0, lowest)];
}
