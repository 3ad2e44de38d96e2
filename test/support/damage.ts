// Writes into rows what no Skep writes, as somebody may who edits a table by hand.

/** What is no time and can stand in a column of times all the same; as SQL. */
export function noTimes(dialect: string): readonly string[] {
  // MariaDB has a zero date of its own, and takes it in a session without its strict mode.
  return dialect === 'mariadb' ? ["'0000-00-00 00:00:00'"] : ["'yesterday'", "''", '5', "x'ff'"];
}

interface Sends {
  query(sql: string, parameters: unknown[]): Promise<unknown>;
}

/** Runs statements as in a session of MariaDB that has no strict mode. */
export async function relaxed(
  manager: Sends,
  dialect: string,
  ...statements: readonly string[]
): Promise<void> {
  const setMode = async (mode: string): Promise<void> => {
    if (dialect === 'mariadb') await manager.query(`SET SESSION sql_mode = ${mode}`, []);
  };
  await setMode("''");
  for (const statement of statements) await manager.query(statement, []);
  await setMode('DEFAULT');
}
