// How many rows a statement has changed, in either dialect.
import type { EntityManager } from 'typeorm';

export async function changed(
  manager: EntityManager,
  sql: string,
  values: readonly unknown[],
): Promise<number> {
  // The plain form of `query` tells it for MariaDB alone.
  const result = await manager.queryRunner?.query(sql, [...values], true);
  return Number(result?.affected ?? 0);
}
