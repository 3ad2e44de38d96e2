// The revision of the replicated tables: a number that rises with each replication that changed something.
// Who derives data from these tables can hold it still while writing what was derived.
import type { EntityManager } from 'typeorm';
import type { Dialect } from '../../datasources/scoped-data-source.js';

/**
 * Reads the revision and holds it until the transaction ends: no replication commits a change before that.
 * On SQLite every transaction holds the whole file, so nothing needs to be said.
 */
export async function holdRevision(manager: EntityManager, dialect: Dialect): Promise<number> {
  const hold = dialect === 'mariadb' ? 'LOCK IN SHARE MODE' : '';
  const [row]: { revision: number }[] = await manager.query(
    `SELECT revision FROM hris_revision WHERE id = 1 ${hold}`,
  );
  if (!row) throw new Error('hris_revision is empty; the migration of the plugin hris fills it');
  return row.revision;
}

/** Raises the revision; waits for those who hold it. */
export async function raiseRevision(manager: EntityManager): Promise<void> {
  await manager.query('UPDATE hris_revision SET revision = revision + 1 WHERE id = 1');
}
