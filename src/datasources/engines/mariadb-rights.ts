// Which rights of a MariaDB user are more than reading, from what SHOW GRANTS says.

/** Rights by which nothing is changed, and nothing is read but tables and what the server tells of itself. */
const reading = new Set([
  'USAGE',
  'SELECT',
  'SHOW VIEW',
  'SHOW DATABASES',
  'PROCESS',
  'REPLICATION CLIENT',
  'BINLOG MONITOR',
  'SLAVE MONITOR',
  'SHOW CREATE ROUTINE',
]);

/** `GRANT a, b (c, d) ON e TO f`; names may hold anything within backticks. */
const grant = /^GRANT (.+?) ON (.+?) TO (?:`|'|[\w%])/s;
const roleGrant = /^GRANT ((?:`(?:[^`]|``)+`|'[^']+'|\w+)(?:@(?:`[^`]+`|'[^']+'))?) TO /;

/** Each right that is more than reading, as `INSERT on hr.*`. */
export function writingRights(grants: readonly string[]): string[] {
  return grants.flatMap((text) => {
    const [, rights = '', on = ''] = grant.exec(text) ?? [];
    const named = rights
      .replaceAll(/\([^)]*\)/g, '')
      .split(',')
      .map((right) => right.trim())
      .filter((right) => right !== '' && !reading.has(right));
    if (/ WITH .*GRANT OPTION/.test(text)) named.push('GRANT OPTION');
    return named.map((right) => `${right} on ${on.replace(/^(TABLE|PROCEDURE|FUNCTION) /, '')}`);
  });
}

/** The roles that are granted, as SET ROLE takes them. */
export function rolesOf(grants: readonly string[]): string[] {
  return grants.flatMap((text) => (text.includes(' ON ') ? [] : (roleGrant.exec(text)?.[1] ?? [])));
}
