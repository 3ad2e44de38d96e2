// The matched events of employees within windows of time, as instants in order.
import type { EntityManager } from 'typeorm';

/** Events of an employee from one instant to another, exclusive. */
export interface TapQuery {
  readonly employeeId: number;
  readonly from: number;
  readonly to: number;
}

/** SQLite nests at most 1,000 terms. */
const queriesPerStatement = 200;
/** Windows of one employee that lie no further apart are read as one. */
const joinWithinSeconds = 86_400;

/** Instants of events by employee, ascending. Queries of one employee must stand together, in order of time. */
export async function readTaps(
  manager: EntityManager,
  queries: readonly TapQuery[],
): Promise<Map<number, number[]>> {
  const joined = joinQueries(queries);
  const taps = new Map<number, number[]>();
  for (let at = 0; at < joined.length; at += queriesPerStatement) {
    const chunk = joined.slice(at, at + queriesPerStatement);
    const where = chunk.map(() => '(employee_id = ? AND device_at >= ? AND device_at < ?)');
    const rows: { employeeId: number; deviceAt: number }[] = await manager.query(
      `SELECT employee_id AS employeeId, device_at AS deviceAt FROM attendance_event
        WHERE ${where.join(' OR ')} ORDER BY employee_id, device_at`,
      chunk.flatMap(({ employeeId, from, to }) => [employeeId, from, to]),
    );
    for (const { employeeId, deviceAt } of rows) {
      const known = taps.get(employeeId);
      if (known) known.push(deviceAt);
      else taps.set(employeeId, [deviceAt]);
    }
  }
  return taps;
}

function joinQueries(queries: readonly TapQuery[]): TapQuery[] {
  const joined: TapQuery[] = [];
  for (const query of queries) {
    const last = joined.at(-1);
    if (last?.employeeId === query.employeeId && query.from <= last.to + joinWithinSeconds) {
      const { employeeId } = last;
      const [from, to] = [Math.min(last.from, query.from), Math.max(last.to, query.to)];
      joined[joined.length - 1] = { employeeId, from, to };
    } else if (query.from < query.to) {
      joined.push(query);
    }
  }
  return joined;
}

/** The part of ascending instants that lies from one instant to another, exclusive. */
export function between(instants: readonly number[], from: number, to: number): readonly number[] {
  return instants.slice(firstNotBefore(instants, from), firstNotBefore(instants, to));
}

function firstNotBefore(instants: readonly number[], instant: number): number {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((instants[middle] ?? instant) < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}
